/**
 * Loads versions of a handler file into this process.
 *
 * Node keeps every loaded module until the process ends. So the code of an old version stays in memory. The old
 * version itself must release what it holds.
 */
import module, { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { initialize, resolve } from "./hooks.ts";

const require = createRequire(import.meta.url);

/**
 * The package.json of this command, for the bundles in dist and for the test build. `require.resolve` does not find
 * it: the nearest package.json is that of dist, which has no name.
 */
const ownManifest = import.meta.url.replace(/^(.*\/)(?:dist|build\/src)\/.*$/, "$1package.json");

/** The paths of the user's files that have been loaded. */
export type LoadedFiles = ReadonlySet<string>;

/** Node's function for hooks on the same thread, in versions that have it. */
type RegisterHooks = ((hooks: { readonly resolve: typeof resolve }) => void) | undefined;

let filesFound: (() => LoadedFiles) | undefined;
let versions = 0;

/** The files loaded so far, including those that were looked for and could not be loaded. */
export function loadedFiles(): LoadedFiles {
  return filesFound?.() ?? new Set();
}

/**
 * Loads the current version of a file and of the local modules that it imports. Rejects with the error of any of
 * them.
 */
export async function loadVersion(path: string): Promise<unknown> {
  filesFound ??= installHooks();
  forgetCommonJs();
  versions++;
  return import(`${pathToFileURL(path).href}?portcall-version=${versions}`);
}

/** Node caches CommonJS modules by path, and ignores the mark. */
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
    initialize({ ownManifest, found });
    registerHooks({ resolve });
    return () => files;
  }
  const { port1, port2 } = new MessageChannel();
  module.register(new URL("dist/cli/handler-file/hooks.mjs", ownManifest), {
    data: { ownManifest, port: port2 },
    transferList: [port2],
  });
  return () => {
    for (let next = receiveMessageOnPort(port1); next !== undefined; next = receiveMessageOnPort(port1)) {
      found(next.message as string);
    }
    return files;
  };
}
