/**
 * Runs the development tools that package.json pins, straight from node_modules: no npx, no shell, no look-up on PATH.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./files.mjs";

/**
 * The command line of a tool's own program, for `run`.
 *
 * @param {string} name the package, or `package:program` where the two are not named alike
 * @param {...string} args
 * @returns {string[]}
 */
export function tool(name, ...args) {
  const [packageName = name, program = packageName] = name.split(":");
  const folder = join(root, "node_modules", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return [process.execPath, join(folder, typeof bin === "string" ? bin : bin[program]), ...args];
}

/**
 * Runs one command at the top of the checkout and returns its output, stdout and stderr in order.
 *
 * @param {string[]} command
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run([program = "", ...args]) {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) =>
      resolve({ ok: false, output: `${program} did not start: ${error.message}\n` }),
    );
    child.on("close", (code, signal) =>
      resolve({ ok: code === 0, output: signal ? `${output}ended by ${signal}\n` : output }),
    );
  });
}
