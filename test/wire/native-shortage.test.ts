/**
 * Which engine `auto` is while descriptors or memory are short, and afterwards.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { whyNoEpoll } from "../../src/wire/index.ts";
import { notLinux, unless } from "../failures/support/needs.ts";
import { missing } from "../support/programs.ts";
import { start } from "../support/command.ts";

/** Opens files until no descriptor is left. Prints the engine then, and the engine after closing them. */
const program = (library: string): string => `
import { closeSync, openSync } from "node:fs";
import { chooseEngine, whyNoEpoll } from ${JSON.stringify(library)};
const files = [];
try {
  for (;;) files.push(openSync("/dev/null"));
} catch {}
const short = [chooseEngine("auto").name, whyNoEpoll()];
for (const file of files) closeSync(file);
console.log(JSON.stringify([...short, chooseEngine("auto").name]));
`;

test(
  "auto is portable while no descriptor is left, and epoll again afterwards",
  unless(notLinux, missing("sh"), whyNoEpoll()),
  async (t) => {
    const library = new URL("../../src/wire/index.js", import.meta.url).href;
    const words = ["--input-type=module", "-e", program(library)];
    const child = start(t, "sh", ["-c", 'ulimit -n 200; exec "$0" "$@"', process.execPath, ...words]);
    assert.equal(await child.code(), 0, child.stderr);
    const [name, whyNot, later] = JSON.parse(child.stdout) as [string, string, string];
    assert.equal(name, "portable");
    assert.match(whyNot, /too many open files|EMFILE/i);
    assert.equal(later, "epoll");
  },
);

test(
  "auto is portable where there are too few addresses for the memory of epoll",
  unless(notLinux, missing("sh"), whyNoEpoll()),
  async (t) => {
    const library = new URL("../../src/wire/index.js", import.meta.url).href;
    const source = `import { chooseEngine, whyNoEpoll } from ${JSON.stringify(library)}; console.log(chooseEngine("auto").name, whyNoEpoll());`;
    const words = ["--input-type=module", "-e", source];
    const child = start(t, "sh", ["-c", 'ulimit -v 8000000; exec "$0" "$@"', process.execPath, ...words]);
    assert.equal(await child.code(), 0, child.stderr);
    assert.equal(child.stdout, "portable there are too few addresses for its memory (ulimit -v)\n");
  },
);
