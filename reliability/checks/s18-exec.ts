/** S18: what is left of programs whose clients are cut off. */
import { enginesHere } from "../engines.ts";
import { tested } from "../tested.ts";

export const execEnds = tested({
  name: "S18",
  title: "programs of serve --exec whose clients are cut off",
  how:
    "The tests of test/failures/f094. `portcall serve --sh` runs shells with children and a grandchild, some of which ignore SIGTERM. Of 50 clients at " +
    "once, on each engine that works here, each is cut off before its program has started, while it starts, or while it runs. No process may be left. " +
    "A program sees neither a secret of the server's environment nor a descriptor of the server.",
  files: ["failures/f094-exec"],
  testsMin: 20 + enginesHere().length,
});
