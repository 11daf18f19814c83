/** S12: more clients than the server has descriptors for. */
import { enginesHere } from "../engines.ts";
import { cannotRun } from "../../test/failures/support/needs.ts";
import { tested } from "../tested.ts";

export const fewDescriptors = tested({
  name: "S12",
  title: "more clients than descriptors",
  how:
    "The tests of test/failures/f001, on each engine that works here. A server that may have 64 descriptors gets 250 clients at once. Each must receive " +
    "the greeting or the refusal, and the server must report each. The processor is idle while the server is full, and a new client is " +
    "served as soon as there is room.",
  missing: () => cannotRun("this needs prlimit", "prlimit", "--nofile=64", "true"),
  files: ["failures/f001-descriptors"],
  testsMin: 7 * enginesHere().length,
});
