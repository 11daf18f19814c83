#!/usr/bin/env node
// The `portcall` command: checks that it can run at all, then hands over to src/cli/main.ts as compiled into dist.
// Plain JavaScript that an old Node can still parse, so that its answer is a sentence and not a syntax error.
"use strict";
const { existsSync } = require("node:fs");
const { join } = require("node:path");

// Node opens a debugger at SIGUSR1; without its handler the signal ends the process, as it ends nc.
process.on("SIGUSR1", () => {}).removeAllListeners("SIGUSR1");

const [major, minor] = process.versions.node.split(".").map(Number);
const root = join(__dirname, "..");
const main = join(root, "dist/cli/main.cjs");

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`portcall: needs Node 20.19 or newer; this is Node ${process.versions.node}`);
  process.exitCode = 1;
} else if (process.permission !== undefined && !process.permission.has("fs.read", main)) {
  // Node's own answer would be a stack trace of the first file that is read.
  console.error(
    `portcall: Node's permission model denies reading this program; start Node with --allow-fs-read=${root}/*`,
  );
  process.exitCode = 20;
} else if (!existsSync(main)) {
  console.error("portcall: not built yet; run `npm run build` first");
  process.exitCode = 1;
} else {
  require(main);
}
