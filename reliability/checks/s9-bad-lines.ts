/** S9: invalid command lines are rejected, each in one line. */
import { tested } from "../tested.ts";

export const badCommandLines = tested({
  name: "S9",
  title: "bad command lines, hosts and ports",
  how:
    `The tests of test/cli/bad-input. More than 500 invalid command lines must each end with exit 2, nothing on stdout, and one ` +
    `line on stderr without a stack and without a control character. Each option of each command but nc (which exits as nc does) is misspelt, ` +
    `without its value, or with one too many. Random words follow lines that are always invalid. Some lines run as processes of their own, and ` +
    `servers get hostile bytes.`,
  files: ["cli/bad-input"],
  testsMin: 60,
});
