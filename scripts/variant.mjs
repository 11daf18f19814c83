/**
 * `node scripts/variant.mjs <file> [flags]`: the addon, compiled to a file of its own with further flags. Tests use it for
 * builds with small limits. Exits with 3 and the reason where nothing can be compiled.
 */
import { buildVariant, whyNot } from "./checkout/addon.mjs";

const [file = "", ...flags] = process.argv.slice(2);
const missing = whyNot();
const failure = missing ?? buildVariant(file, flags);
if (failure !== undefined) process.stderr.write(`${failure}\n`);
process.exitCode = missing !== undefined ? 3 : failure !== undefined ? 1 : 0;
