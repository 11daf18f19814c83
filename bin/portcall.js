#!/usr/bin/env node
// The `portcall` command: checks that it can run at all, then hands over to src/cli/main.ts as compiled into dist.
// Plain JavaScript that an old Node can still parse, so that its answer is a sentence and not a syntax error.
"use strict";
const { existsSync, statSync } = require("node:fs");
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
  keepCompiled();
  require(main);
}

// Node 22 and later can keep compiled code from one start to the next. That saves a fifth of the CPU time of a start.
// Who can write to the cache can run code here. So it is kept only below a folder that belongs to this user and that
// nobody else can write to; NODE_DISABLE_COMPILE_CACHE turns it off.
function keepCompiled() {
  const { enableCompileCache } = require("node:module");
  const { XDG_CACHE_HOME, HOME, NODE_V8_COVERAGE } = process.env;
  const caches = XDG_CACHE_HOME || (HOME && join(HOME, ".cache"));
  // Coverage is less exact with code from a cache.
  if (enableCompileCache === undefined || !caches || NODE_V8_COVERAGE || process.getuid === undefined) return;
  try {
    const { uid, mode } = statSync(caches);
    if (uid === process.getuid() && (mode & 0o022) === 0) enableCompileCache(join(caches, "portcall"));
  } catch {
    // Without such a folder, or without permission to read it, nothing is kept.
  }
}
