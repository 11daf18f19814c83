/**
 * The code of the package: src -> dist, in a few bundles instead of a hundred files; run by compile.mjs.
 *
 * Node takes most of a millisecond to find and link each module of a graph, which is most of the time that the command
 * needs to start (docs/decisions/bundles.md). One graph with all entries, so that the library and the command share one
 * copy of everything; what is behind `import()` stays in a bundle of its own. Nothing is minified, and maps lead to src.
 */
import { join } from "node:path";
import { build } from "rolldown";
import { root } from "./files.mjs";

await build({
  cwd: root,
  input: {
    index: "src/index.ts",
    "testing/index": "src/testing/index.ts",
    "cli/main": "src/cli/main.ts",
    // Node 20 loads it once more, on a thread of its own.
    "cli/handler-file/hooks": "src/cli/handler-file/hooks.ts",
  },
  platform: "node",
  logLevel: "warn",
  output: {
    dir: join(root, "dist"),
    format: "esm",
    sourcemap: true,
    // The declarations have them; here they are half of what Node has to read at each start.
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: "bundles/[name].js",
    codeSplitting: {
      groups: [
        { name: "library", test: /\/src\/(base|codec|wire|net)\// },
        // What several commands share, in one file: each file more costs a start more than the code in it.
        { name: "command", test: /\/src\/(cli|services)\//, minShareCount: 2 },
      ],
    },
  },
});
