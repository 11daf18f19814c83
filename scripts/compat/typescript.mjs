/** TypeScript: versions, and ways to find a package. */
import { join } from "node:path";
import { row } from "./group.mjs";
import { nodePath, output, project, template, toolPath } from "./projects.mjs";

/** `skipLibCheck` where @types/node itself needs a newer TypeScript. */
const versions = [
  { version: "5.0", skipLibCheck: true },
  { version: "5.4", skipLibCheck: true },
  { version: "5.9", skipLibCheck: false },
  { version: "7.0", skipLibCheck: false },
];

/**
 * Compiles a program with and without a fault that the types must find, and runs it.
 *
 * @param {{ version: string, skipLibCheck: boolean }} compiler
 * @param {string} resolution
 * @param {"module" | "commonjs"} type
 */
async function compileAndRun({ version, skipLibCheck }, resolution, type) {
  const compilerOptions = {
    strict: true,
    skipLibCheck,
    target: "es2022",
    types: ["node"],
    module: resolution === "bundler" ? "esnext" : resolution,
    moduleResolution: resolution,
    outDir: "out",
  };
  const cwd = project(`typescript-${version}-${resolution}-${type}`, {
    "package.json": JSON.stringify({ private: true, type }),
    "program.ts": template("program.ts"),
    "tsconfig.json": JSON.stringify({ compilerOptions, files: ["program.ts"] }),
  });
  await output([nodePath("20"), toolPath(`typescript-${version}/bin/tsc`), "-p", "."], { cwd });
  const said = await output([nodePath("20"), join(cwd, "out/program.js")], { cwd });
  if (said !== "TYPED\n") throw new Error(`printed ${JSON.stringify(said)}`);
  return skipLibCheck ? "with `skipLibCheck`" : "yes";
}

/** @type {import("./group.mjs").Group} */
export const typeScript = {
  name: "typescript",
  title: "TypeScript",
  about:
    "A strict program compiles and runs, under each `moduleResolution`, in a package of ES modules and in one of CommonJS. The types refuse a wrong option and a wrong message.",
  head: "TypeScript",
  rows: versions.map((compiler) =>
    row(compiler.version, {
      "node16, ES module": () => compileAndRun(compiler, "node16", "module"),
      "node16, CommonJS": () => compileAndRun(compiler, "node16", "commonjs"),
      "nodenext, ES module": () => compileAndRun(compiler, "nodenext", "module"),
      "nodenext, CommonJS": () => compileAndRun(compiler, "nodenext", "commonjs"),
      bundler: () => compileAndRun(compiler, "bundler", "module"),
    }),
  ),
  after: "`skipLibCheck` is for `@types/node` 20, whose own declarations need a newer TypeScript.",
};
