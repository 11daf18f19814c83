/**
 * Resolves the imports of a handler file.
 *
 * `portcall` is always the package of this command, wherever the file is. So none needs to be installed, and its
 * errors and codecs have the same classes as the server's. Every local module of a version carries the version's
 * mark, so that the next version is loaded again. Modules in node_modules are shared by all versions.
 *
 * Node may run such hooks on a thread of their own, and then loads this file there once more. So it uses only what is
 * passed to it.
 */
import type { MessagePort } from "node:worker_threads";

/** The mark of a version, at the end of the URL of each of its modules. */
const mark = /\?portcall-version=\d+$/;

export interface HookSettings {
  /** A URL inside the package of this command. */
  readonly ownManifest: string;
  /** Called with the URL of each local module, without its mark. */
  readonly found: (url: string) => void;
}

interface Resolved {
  readonly url: string;
}
interface ResolveContext {
  readonly parentURL?: string | undefined;
}
type NextResolve = (specifier: string, context: ResolveContext) => Resolved | Promise<Resolved>;

let settings: HookSettings | undefined;

/** Called once on the thread of the hooks; Node calls it on a thread of its own. */
export function initialize(
  given: HookSettings | { readonly ownManifest: string; readonly port: MessagePort },
): void {
  settings =
    "port" in given
      ? {
          ownManifest: given.ownManifest,
          found: (url) => {
            given.port.postMessage(url, []);
          },
        }
      : given;
}

/** Node's hook; returns a promise where `next` does. */
export function resolve(
  specifier: string,
  context: ResolveContext,
  next: NextResolve,
): Resolved | Promise<Resolved> {
  if (settings === undefined) return next(specifier, context);
  if (/^portcall(?:\/|$)/.test(specifier))
    return next(specifier, { ...context, parentURL: settings.ownManifest });
  const version = mark.exec(context.parentURL ?? "")?.[0] ?? mark.exec(specifier)?.[0];
  const resolved = next(specifier, context);
  if (version === undefined) return resolved;
  return resolved instanceof Promise
    ? resolved.then((later) => marked(later, version))
    : marked(resolved, version);
}

function marked(resolved: Resolved, version: string): Resolved {
  const url = withoutMark(resolved.url);
  if (!url.startsWith("file:") || url.includes("/node_modules/")) return resolved;
  settings?.found(url);
  return { ...resolved, url: url + version };
}

/** A URL, or a text with URLs, without marks. */
export function withoutMark(text: string): string {
  return text.replaceAll(new RegExp(mark.source.replace("$", ""), "g"), "");
}
