/** S16: what a peer sends is shown on a terminal and not obeyed, and is what it was in a pipe. */
import { cannotRun } from "../../test/failures/support/needs.ts";
import { tested } from "../tested.ts";

export const terminalSafety = tested({
  name: "S16",
  title: "no terminal obeys what a peer sends",
  how:
    "The tests of test/cli/tty/terminal-text and test/cli/tty/terminal. The command's filter gets each of the 256 bytes in ten contexts, each pair of " +
    "bytes, about a hundred sequences that terminals obey or that hide text, and random bytes, each under many cuts. No control may pass, and no " +
    "cut may change what is shown. `portcall connect` and `portcall listen` show the same on a terminal, and hand the bytes on unchanged to a pipe.",
  missing: () => cannotRun("this needs python3", "python3", "--version"),
  files: ["cli/tty/terminal-text", "cli/tty/terminal"],
  testsMin: 120,
});
