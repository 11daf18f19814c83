/** S14: bytes that a peer sends before it resets the connection arrive. */
import { enginesHere } from "../engines.ts";
import { cannotRun } from "../../test/failures/support/needs.ts";
import { tested } from "../tested.ts";

export const dataBeforeReset = tested({
  name: "S14",
  title: "data before a reset",
  how:
    `The tests of test/failures/f019, on each engine that works here. A peer in a process of its own answers, and resets the connection, ` +
    `while 100 clients, or a server of 100 clients, still send, have ended their side, or wait. Each must read the whole answer, and then get the reset.`,
  missing: () => cannotRun("this needs python3", "python3", "--version"),
  files: ["failures/f019-data-before-reset"],
  testsMin: 5 * enginesHere().length,
});
