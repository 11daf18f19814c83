/** `npm run format`: writes every file as the formatter wants it, and fixes what the linter can fix by itself. */
import { install } from "./checkout/install.mjs";
import { run, tool } from "./checkout/tools.mjs";

install();

// The linter first: what it writes is then formatted too. `npm run check` reports what it cannot fix.
await run(tool("oxlint", "--fix", "--silent"));
const formatted = await run(tool("oxfmt"));
if (!formatted.ok) {
  process.stderr.write(formatted.output);
  process.exitCode = 1;
}
