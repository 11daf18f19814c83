/**
 * `npm run api`: writes etc/portcall.api.md, the library's public face as one readable text, and beside it those of
 * portcall/engine and portcall/testing, so that a change to them shows in the diff of the change that made it. With `--check` it writes nothing
 * and fails if a file is out of date.
 */
import { compile } from "./checkout/compile.mjs";
import { install } from "./checkout/install.mjs";
import { run, tool } from "./checkout/tools.mjs";

install();
if (!compile("library")) process.exit(1);

const local = process.argv.includes("--check") ? [] : ["--local"];
for (const config of [
  "etc/api-extractor.json",
  "etc/api-extractor-engine.json",
  "etc/api-extractor-testing.json",
]) {
  const { ok, output } = await run(
    tool("@microsoft/api-extractor:api-extractor", "run", "--config", config, ...local),
  );
  if (ok) continue;
  process.stderr.write(output);
  process.exitCode = 1;
}
