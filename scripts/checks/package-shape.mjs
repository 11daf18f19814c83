/**
 * Is the package well formed? Packs it and asks publint (does package.json keep its promises?) and
 * attw (do the types resolve in every kind of project?). test/package checks what the tarball holds, and that it runs.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { filesUnder, root } from "../checkout/files.mjs";
import { run, tool } from "../checkout/tools.mjs";

const folder = "build/package";
rmSync(join(root, folder), { recursive: true, force: true });
mkdirSync(join(root, folder), { recursive: true });

await must(["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", folder]);
const tarball = filesUnder(folder).find((file) => file.endsWith(".tgz")) ?? "";
await must(tool("publint", "run", tarball, "--strict"));
await must(tool("@arethetypeswrong/cli:attw", tarball, "--profile", "node16", "--no-emoji", "--no-color"));

/** @param {string[]} command */
async function must(command) {
  const { ok, output } = await run(command);
  if (ok) return;
  process.stderr.write(output);
  process.exit(1);
}
