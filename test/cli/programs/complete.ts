/** `portcall __complete` that knows the made-up command too. */
import { answerFor, shells } from "../../../src/cli/completion/shells.ts";
import { madeUp, real } from "../support/expected-lines.ts";

const [, shell = "", ...passed] = process.argv.slice(2);
const known = shells[shell];
if (known === undefined) throw new Error(`no shell ${shell}`);
process.stdout.write(answerFor(known, [...real, ...madeUp], passed));
