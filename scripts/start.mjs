/**
 * `npm start`: installs and builds what is missing, then runs `portcall serve` with the arguments given.
 *
 * The command runs in this very process, so that Ctrl-C and `kill` reach the server directly.
 */
import { join } from "node:path";
import { buildAddon } from "./checkout/addon.mjs";
import { compile } from "./checkout/compile.mjs";
import { root } from "./checkout/files.mjs";
import { install } from "./checkout/install.mjs";

install();
endWithNpm();
buildAddon();
if (!compile("library")) process.exit(1);

const command = join(root, "bin/portcall.js");
process.argv = [process.execPath, command, "serve", ...process.argv.slice(2)];
await import(new URL("../bin/portcall.js", import.meta.url).href);

/**
 * npm runs this under a shell, and passes a `kill` on to that shell, which exits without passing it on. The server would
 * keep running and hold its port. So the shell's exit counts as the signal. (Ctrl-C reaches every process by itself.)
 */
function endWithNpm() {
  if (process.env["npm_lifecycle_event"] !== "start") return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 250).unref();
}
