/**
 * The code of the package: src -> dist, in a few bundles instead of a hundred files; run by compile.mjs.
 *
 * Node takes most of a millisecond to find and link each module of a graph, which is most of the time that the command
 * needs to start, and less for CommonJS than for ES modules (docs/decisions/bundles.md). One graph with all entries, so
 * that the library and the command share one copy of everything; what is behind `import()` stays in a bundle of its own.
 * No name is shortened, and maps lead to src.
 */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import { build } from "rolldown";
import { root } from "./files.mjs";

/** @satisfies {import("rolldown").BuildOptions} */
const shared = {
  cwd: root,
  platform: /** @type {const} */ ("node"),
  logLevel: /** @type {const} */ ("warn"),
};
/** Comments stay in the declarations; in the code they would be a quarter of what Node has to read. */
const output = { dir: join(root, "dist"), sourcemap: true, comments: false };

await build({
  ...shared,
  input: {
    index: "src/index.ts",
    "testing/index": "src/testing/index.ts",
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
  input: { "cli/handler-file/hooks": "src/cli/handler-file/hooks.ts" },
  output: { ...output, format: "esm", entryFileNames: "[name].js" },
});

for (const entry of ["index", "testing/index"]) {
  const face = join(root, `dist/${entry}`);
  const names = Object.keys(createRequire(import.meta.url)(`${face}.cjs`));
  // What is written is what `import { … } from "portcall"` can name; TypeScript knows the same from the declarations.
  const lines = [
    `import face from "./${posix.basename(entry)}.cjs";`,
    `export const { ${names.join(", ")} } = face;`,
  ];
  writeFileSync(`${face}.js`, `${lines.join("\n")}\n`);
}
