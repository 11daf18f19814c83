/** `npm run format`: writes every file as the formatter wants it, and mends what the linter can mend by itself. */
import { install } from "./checkout/install.mjs";
import { run, tool } from "./checkout/tools.mjs";

install();

// The linter first: what it writes is then formatted too. What it cannot mend is for `npm run check` to tell.
await run(tool("oxlint", "--fix", "--silent"));
const formatted = await run(tool("oxfmt"));
if (!formatted.ok) {
  process.stderr.write(formatted.output);
  process.exitCode = 1;
}
