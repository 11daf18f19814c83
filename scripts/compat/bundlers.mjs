/** Bundlers: the program and the library in one file. */
import { dirname, join } from "node:path";
import { row } from "./group.mjs";
import { copyAway, engineOfAll, found, nodePath, programs, project, requireTool } from "./projects.mjs";

/** @typedef {{ entry: string, file: string, form: "esm" | "cjs" }} Job */

/** @type {Record<string, (job: Job) => Promise<unknown>>} */
const bundlersByName = {
  esbuild: async ({ entry, file, form }) => {
    const options = { bundle: true, platform: "node", format: form, outfile: file, logLevel: "silent" };
    const { warnings } = await requireTool("esbuild").build({ ...options, entryPoints: [entry] });
    refuseWarnings(warnings.map((/** @type {{ text: string }} */ { text }) => text));
  },
  rollup: async ({ entry, file, form }) => {
    const { rollup } = requireTool("rollup");
    const plugin = (/** @type {string} */ name) => {
      const made = requireTool(name);
      return (made.default ?? made)({ preferBuiltins: true });
    };
    /** @type {string[]} */
    const warnings = [];
    const bundle = await rollup({
      input: entry,
      external: /^node:/,
      plugins: [plugin("@rollup/plugin-node-resolve"), plugin("@rollup/plugin-commonjs")],
      onwarn: (/** @type {{ message: string }} */ { message }) => warnings.push(message),
    });
    await bundle.write({ file, format: form, inlineDynamicImports: true });
    refuseWarnings(warnings);
  },
  webpack: ({ entry, file, form }) =>
    new Promise((resolve, reject) => {
      const module = form === "esm";
      const settings = {
        mode: "production",
        target: "node20",
        entry,
        experiments: { outputModule: module },
        output: {
          path: join(file, ".."),
          filename: file.slice(join(file, "..").length + 1),
          module,
          chunkFormat: module ? "module" : "commonjs",
        },
      };
      requireTool("webpack")(settings, (/** @type {Error | null} */ error, /** @type {any} */ stats) => {
        if (error) return reject(error);
        const { errors, warnings } = stats.toJson({ errors: true, warnings: true });
        const [fault] = [...errors, ...warnings];
        if (fault) reject(new Error(fault.message));
        else resolve(undefined);
      });
    }),
  rolldown: async ({ entry, file, form }) => {
    const { build } = await import("rolldown");
    /** @type {string[]} */
    const warnings = [];
    await build({
      input: entry,
      platform: "node",
      onLog: (_level, { message }) => warnings.push(message),
      output: { file, format: form, codeSplitting: false },
    });
    refuseWarnings(warnings);
  },
};

/** @param {string[]} warnings */
function refuseWarnings(warnings) {
  if (warnings[0] !== undefined) throw new Error(`warns: ${warnings[0]}`);
}

/**
 * @param {string} bundler
 * @param {"import" | "require"} from
 * @param {"esm" | "cjs"} form
 * @param {boolean} away whether it runs where no portcall is installed
 */
async function bundleAndRun(bundler, from, form, away) {
  const name = from === "import" ? "entry.mjs" : "entry.cjs";
  const cwd = project(`bundlers-${bundler}`, { [name]: programs[from] });
  const file = join(cwd, `${from}-${form}.${form === "esm" ? "mjs" : "cjs"}`);
  await /** @type {(job: Job) => Promise<unknown>} */ (bundlersByName[bundler])({
    entry: join(cwd, name),
    file,
    form,
  });
  const program = away ? copyAway(file) : file;
  const said = await found([nodePath("20"), program, cwd], { cwd: dirname(program) });
  if (away && !/this is a bundle/.test(said.whyNot ?? "")) throw new Error(`says ${said.whyNot}`);
  return engineOfAll(said);
}

/** @type {import("./group.mjs").Group} */
export const bundlers = {
  name: "bundlers",
  title: "Bundlers",
  about:
    "The program and the library become one file, without a warning. It runs, and names the engine it runs on.",
  head: "bundler",
  rows: Object.keys(bundlersByName).map((bundler) =>
    row(bundler, {
      "`import` to ES module": () => bundleAndRun(bundler, "import", "esm", false),
      "`import` to CommonJS": () => bundleAndRun(bundler, "import", "cjs", false),
      "`require` to CommonJS": () => bundleAndRun(bundler, "require", "cjs", false),
      "ES module, alone": () => bundleAndRun(bundler, "import", "esm", true),
      "CommonJS, alone": () => bundleAndRun(bundler, "import", "cjs", true),
    }),
  ),
  after:
    "A bundle cannot carry the addon. It uses that of the installed package of the same version, if there is one beside it; alone, it runs on the portable engine: [packaging](decisions/packaging.md#the-addon-of-a-bundle).",
};
