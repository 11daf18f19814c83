/**
 * The code of the package: src -> dist, in a few bundles instead of a hundred files; run by compile.mjs.
 *
 * Node takes most of a millisecond to find and link each module of a graph, which is most of the time that the command
 * needs to start, and less for CommonJS than for ES modules (docs/decisions/bundles.md). One graph with all entries, so
 * that the library and the command share one copy of everything; what is behind `import()` stays in a bundle of its own.
 * No name is shortened, and maps lead to src.
 *
 * The library is there once more as ES modules, in dist/esm, for other people's bundlers alone: the condition `module`
 * of package.json's exports leads there (docs/decisions/packaging.md).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import { build } from "rolldown";
import { root } from "./files.mjs";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const define = { PORTCALL_VERSION: JSON.stringify(version) };
/** @satisfies {import("rolldown").BuildOptions} */
const shared = {
  cwd: root,
  platform: /** @type {const} */ ("node"),
  logLevel: /** @type {const} */ ("warn"),
  transform: { define },
};
/** Comments stay in the declarations; in the code they would be a quarter of what Node has to read. */
const output = { dir: join(root, "dist"), sourcemap: true, comments: false };

/**
 * Modules of Node that few starts of the command need, and that Node takes up to a millisecond and a half to set up:
 * they are required where they are used, not at the start. An import of TypeScript has no way to say so.
 */
const late = ["node:child_process", "node:dgram", "node:fs/promises"];

/** @type {import("rolldown").Plugin} */
const requireLate = {
  name: "require-late",
  renderChunk(code) {
    let changed = code;
    for (const module of late) {
      const [line, name = ""] =
        new RegExp(`^let (\\w+) = require\\("${module}"\\);$`, "m").exec(changed) ?? [];
      if (line === undefined) continue;
      const wrapped = new RegExp(`^${name} = \\w+\\.__toESM\\(${name}.*\\);$`, "m");
      // In their lines, so that the map of the bundle stays true to the line.
      const isWrapped = wrapped.test(changed);
      changed = changed
        .replace(line, "")
        .replace(wrapped, "")
        .replaceAll(
          new RegExp(`\\b${name}${isWrapped ? "\\.default" : ""}\\.`, "g"),
          `require("${module}").`,
        );
      if (new RegExp(`\\b${name}\\b`).test(changed))
        throw new Error(`${module} is used in a way that is not known here`);
    }
    return changed === code ? null : { code: changed, map: null };
  },
};

await build({
  ...shared,
  plugins: [requireLate],
  input: {
    index: "src/index.ts",
    engine: "src/engine.ts",
    "testing/index": "src/testing/index.ts",
    "sockets/index": "src/sockets/index.ts",
    "sockets/direct/index": "src/sockets/direct/index.ts",
    "cli/main": "src/cli/main.ts",
  },
  output: {
    ...output,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "bundles/[name].cjs",
    codeSplitting: {
      groups: [
        { name: "library", test: /\/src\/(base|codec|wire|net)\// },
        // What several commands share, in one file: each file more costs a start more than the code in it.
        { name: "command", test: /\/src\/(cli|services)\//, minShareCount: 2 },
      ],
    },
  },
});

// Node 20 loads these once more, on a thread of their own, and as ES modules only.
await build({
  ...shared,
  input: { "cli/handler-file/hooks": "src/cli/serve/handler-file/hooks.ts" },
  output: { ...output, format: "esm", entryFileNames: "[name].mjs" },
});

// A bundler may make CommonJS of these, where `import.meta` is empty, or an ES module, which has no `__filename`. It warns
// of the first alone, and the second can be asked for.
await build({
  ...shared,
  input: {
    index: "src/index.ts",
    engine: "src/engine.ts",
    "testing/index": "src/testing/index.ts",
    "sockets/index": "src/sockets/index.ts",
    "sockets/direct/index": "src/sockets/direct/index.ts",
  },
  transform: { define: { ...define, "import.meta.filename": "__filename" } },
  output: {
    ...output,
    dir: join(root, "dist/esm"),
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "library.mjs",
  },
});

// The declarations are those of the CommonJS files, which is what `import` gets too, by way of these.
write("package.json", `{ "type": "commonjs" }`);
for (const entry of ["index", "engine", "testing/index", "sockets/index", "sockets/direct/index"]) {
  const names = Object.keys(createRequire(import.meta.url)(join(root, `dist/${entry}.cjs`)));
  const file = posix.basename(entry);
  // What is written is what `import { … } from "portcall"` can name; TypeScript knows the same from the declarations.
  write(`${entry}.mjs`, `import face from "./${file}.cjs";`, `export const { ${names.join(", ")} } = face;`);
  write(`${entry}.d.mts`, `export * from "./${file}.js";`);
}

/**
 * @param {string} file in dist
 * @param {string[]} lines
 */
function write(file, ...lines) {
  writeFileSync(join(root, "dist", file), `${lines.join("\n")}\n`);
}
