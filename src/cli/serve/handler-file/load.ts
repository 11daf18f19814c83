/**
 * Loads versions of a handler file into this process.
 *
 * Node keeps every module it has loaded until the process ends, so an old version's code
 * stays in memory; what it holds beside that is its own to let go of.
 */
import module, { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { initialize, resolve } from "./hooks.ts";

const require = createRequire(import.meta.url);

/**
 * The manifest of this command's package: of the bundles in dist, or of what the tests run. `require.resolve` does not
 * find it: the nearest package.json is that of dist, which has no name.
 */
const ours = import.meta.url.replace(/^(.*\/)(?:dist|build\/src)\/.*$/, "$1package.json");

/** The files of the project at hand that have been loaded, by their paths. */
export type LoadedFiles = ReadonlySet<string>;

/** Node's name for hooks in the same thread, where it has them. */
type RegisterHooks = ((hooks: { readonly resolve: typeof resolve }) => void) | undefined;

let filesFound: (() => LoadedFiles) | undefined;
let versions = 0;

/** The files loaded so far; what could not be loaded, and was looked for, is among them. */
export function loadedFiles(): LoadedFiles {
  return filesFound?.() ?? new Set();
}

/** Loads a file, and the local modules it imports, as they are now. Rejects with whatever is wrong with them. */
export async function loadVersion(path: string): Promise<unknown> {
  filesFound ??= installHooks();
  forgetCommonJs();
  versions++;
  return import(`${pathToFileURL(path).href}?portcall-version=${versions}`);
}

/** Node keeps CommonJS modules by their path, whatever the mark. */
function forgetCommonJs(): void {
  const files = loadedFiles();
  for (const path of Object.keys(require.cache)) if (files.has(path)) delete require.cache[path];
}

function installHooks(): () => LoadedFiles {
  const files = new Set<string>();
  const found = (url: string): void => {
    files.add(fileURLToPath(url));
  };
  const { registerHooks } = module as { registerHooks?: RegisterHooks };
  if (registerHooks !== undefined) {
    initialize({ ours, found });
    registerHooks({ resolve });
    return () => files;
  }
  const { port1, port2 } = new MessageChannel();
  module.register(new URL("dist/cli/handler-file/hooks.mjs", ours), {
    data: { ours, port: port2 },
    transferList: [port2],
  });
  return () => {
    for (let next = receiveMessageOnPort(port1); next !== undefined; next = receiveMessageOnPort(port1)) {
      found(next.message as string);
    }
    return files;
  };
}
