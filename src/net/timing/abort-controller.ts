/** Abort controllers for the signals that the library passes to handlers, resolvers and engines. */
import { setMaxListeners } from "node:events";

/** A controller whose signal takes any number of listeners: Node warns of a leak from the eleventh on. */
export function newAbortController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
