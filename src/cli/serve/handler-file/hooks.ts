/**
 * How the imports of a handler file are found.
 *
 * `portcall` is always the package of this command, wherever the file lies: so it needs
 * none installed, and its errors and codecs are of the same classes as the server's. And
 * every local module of a version carries the version's mark, so that the next version
 * is loaded anew; what is in node_modules is shared by all of them.
 *
 * Where Node runs such hooks on a thread of their own, this file is loaded there once
 * more; so it knows nothing but what it is handed.
 */
import type { MessagePort } from "node:worker_threads";

/** The mark of a version, behind the URL of each of its modules. */
const mark = /\?portcall-version=\d+$/;

export interface HookSettings {
  /** A URL inside the package of this command. */
  readonly ours: string;
  /** Is told the URL of each local module, without its mark. */
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

/** Called once where the hooks are to run; Node itself does so on their thread. */
export function initialize(
  given: HookSettings | { readonly ours: string; readonly port: MessagePort },
): void {
  settings =
    "port" in given
      ? {
          ours: given.ours,
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
  if (/^portcall(?:\/|$)/.test(specifier)) return next(specifier, { ...context, parentURL: settings.ours });
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

/** A URL, or a text with URLs, without the marks. */
export function withoutMark(text: string): string {
  return text.replaceAll(new RegExp(mark.source.replace("$", ""), "g"), "");
}
