/**
 * Listening on a descriptor that this process was handed, and what it is if not one to listen on.
 */
import { fstatSync } from "node:fs";
import { describeSystemCode, NetError } from "../../base/errors.ts";
import {
  isClusterWorker,
  WireError,
  type Engine,
  type Listener,
  type ListenerEvents,
  type WireListenOptions,
} from "../../wire/index.ts";

/** What whoever bound it has decided. */
const bindOptions = ["host", "port", "path", "ipv6Only", "reusePort"] as const;

/** @throws {TypeError} for what is no descriptor, or for what a bound socket cannot be told any more. */
export function checkDescriptor(
  options: { readonly fd?: number | undefined } & {
    readonly [Name in (typeof bindOptions)[number]]?: unknown;
  },
  engine: Engine,
): void {
  const { fd } = options;
  if (engine.name === "portable" && isClusterWorker()) {
    throw new TypeError(
      `fd: in a worker of node:cluster, node:net listens on this descriptor of the primary instead; use engine: "epoll"`,
    );
  }
  const bound = bindOptions.find((name) => options[name] !== undefined);
  if (bound === undefined) return;
  throw new TypeError(`${bound}: the descriptor ${String(fd)} (fd) is bound already; leave one of them out`);
}

/** @throws {NetError} with stage `listen`. */
export async function listenOnFd(
  fd: number,
  settings: WireListenOptions & { readonly engine: Engine },
  events: ListenerEvents,
): Promise<Listener> {
  try {
    return await settings.engine.inherit(fd, settings, events);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const { code } = error;
    const what = code === "ENOTSOCK" ? `${kindOf(fd)}, and no socket that listens` : whatItIs[code];
    throw new NetError({
      code,
      stage: "listen",
      address: `descriptor ${fd}`,
      happened: what === undefined ? describeSystemCode(code, { stage: "listen" }) : `${what} (${code})`,
      option: "fd",
      cause: error.cause ?? error,
    });
  }
}

const whatItIs: Readonly<Record<string, string>> = {
  EBADF: "nothing is open there",
  EPROTOTYPE: "it is a socket for datagrams, and none that listens",
  EAFNOSUPPORT: "it is a socket of neither TCP nor Unix",
  EINVAL: "it is a socket that does not listen",
  EADDRINUSE: "a server listens on it already",
};

/** What else a descriptor may be. */
function kindOf(fd: number): string {
  const stat = fstatSync(fd);
  if (stat.isFile()) return "it is a file";
  if (stat.isDirectory()) return "it is a folder";
  if (stat.isFIFO()) return "it is a pipe";
  return stat.isCharacterDevice() ? "it is a device, as terminals are" : "it is something of Node's own";
}
