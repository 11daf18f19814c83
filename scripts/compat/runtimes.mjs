/** Runtimes and engines: Node by its versions, Bun, Deno. */
import { row } from "./group.mjs";
import { engineOfAll, found, nodePath, nodes, programs, project, toolPath } from "./projects.mjs";

/** @typedef {import("./projects.mjs").Found} Found */

const runtime = () =>
  project("runtimes", { "program.mjs": programs.import, "program.cjs": programs.require });

/**
 * @param {string[]} command
 * @param {string} [engine]
 * @param {string} [file]
 */
async function engineIn(command, engine = "", file = "program.mjs") {
  const cwd = runtime();
  const used = engineOfAll(await found([...command, file, cwd], { cwd, env: { PORTCALL_ENGINE: engine } }));
  if (engine !== "" && used !== engine) throw new Error(`runs on ${used}, not ${engine}`);
  return engine === "" ? used : "yes";
}

/**
 * @param {string} name
 * @param {string[]} command
 * @param {readonly string[]} engines
 */
const runtimeRow = (name, command, engines) =>
  row(name, {
    auto: () => engineIn(command),
    require: () => engineIn(command, "", "program.cjs").then(() => "yes"),
    epoll: () => (engines.includes("epoll") ? engineIn(command, "epoll") : "no addon there"),
    io_uring: () => (engines.includes("io_uring") ? engineIn(command, "io_uring") : "no addon there"),
    portable: () => engineIn(command, "portable"),
  });

/** @type {import("./group.mjs").Group} */
export const runtimes = {
  name: "runtimes",
  title: "Runtimes and engines",
  about:
    "A program with `import` on each engine, and one with `require`. It serves lines with `for await`, half-closes, is refused, and uses a Unix socket and datagrams. `auto` names the engine that is used unless one is asked for.",
  head: "runtime",
  rows: [
    ...nodes.map((major) => runtimeRow(`Node ${major}`, [nodePath(major)], ["epoll", "io_uring"])),
    runtimeRow("Bun", [toolPath("@oven/bun-linux-x64/bin/bun")], []),
    runtimeRow("Deno", [toolPath("@deno/linux-x64-glibc/deno"), "run", "--allow-all"], []),
  ],
  after:
    "Bun and Deno have no libuv for the addon to use, so they run on the portable engine, over their own `node:net`.",
};
