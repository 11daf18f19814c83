/** Node's permission model. */
import { row } from "./group.mjs";
import { engineOfAll, found, nodePath, nodes, programs, project } from "./projects.mjs";

/**
 * @param {string} major
 * @param {string[]} granted
 */
async function engineWith(major, ...granted) {
  const cwd = project("permissions", { "program.mjs": programs.import });
  const model = major === "20" ? "--experimental-permission" : "--permission";
  // Node 26 restricts the network as well, and no Node before 25 knows the option.
  const network = Number(major) >= 25 ? ["--allow-net"] : [];
  const options = [model, "--allow-fs-read=*", "--allow-fs-write=*", ...network, ...granted];
  return engineOfAll(await found([nodePath(major), ...options, "program.mjs", cwd], { cwd }));
}

/** @type {import("./group.mjs").Group} */
export const permissions = {
  name: "permissions",
  title: "Node's permission model",
  about:
    "The engine under `--permission` (`--experimental-permission` in Node 20), with files and the network allowed.",
  head: "runtime",
  rows: nodes.map((major) =>
    row(`Node ${major}`, {
      "without --allow-addons": () => engineWith(major),
      "with --allow-addons": () =>
        major === "20" ? "there is no such option" : engineWith(major, "--allow-addons"),
    }),
  ),
  after:
    "From Node 25 on, `--allow-net` is needed too: without it, calls reject with `ERR_ACCESS_DENIED`. The command needs `--allow-fs-read` for its own folder, and `--allow-child-process` for `--exec`. `portcall doctor` lists what is denied.",
};
