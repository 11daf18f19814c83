/** Listening on an inherited descriptor, and errors for descriptors that do not listen. */
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

/** Options that apply before bind, and thus not to an inherited socket. */
const bindOptions = ["host", "port", "path", "ipv6Only", "reusePort"] as const;

/** @throws {TypeError} for an invalid descriptor, or for an option that a bound socket cannot take. */
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
    const what = code === "ENOTSOCK" ? `${kindOf(fd)}, not a listening socket` : whatItIs[code];
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
  EPROTOTYPE: "it is a datagram socket, not a listening one",
  EAFNOSUPPORT: "it is neither a TCP socket nor a Unix socket",
  EINVAL: "it is a socket that does not listen",
  EADDRINUSE: "a server listens on it already",
};

/** The kind of a descriptor that is not a socket. */
function kindOf(fd: number): string {
  const stat = fstatSync(fd);
  if (stat.isFile()) return "it is a file";
  if (stat.isDirectory()) return "it is a folder";
  if (stat.isFIFO()) return "it is a pipe";
  return stat.isCharacterDevice() ? "it is a device, such as a terminal" : "it is internal to Node";
}
