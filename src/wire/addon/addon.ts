/**
 * The addon: its calls as TypeScript sees them, and whether it loads here. find-addon.ts finds its file.
 *
 * docs/decisions/native-engine.md describes each call and each record. Calls that return a number return a negative
 * errno when they fail. Calls that take options read them from the scratch memory, and calls that return an address
 * write it there.
 */
import { readFileSync } from "node:fs";
// Not imported by name: webpack would take the calls for requires of its own, and warn that it cannot follow them.
import nodeModule from "node:module";
import { findAddon } from "./find-addon.ts";

/** One thread's loop: its memory and its calls. */
export interface NativeCalls {
  /** The scratch memory, the deferred sends, and the records. */
  readonly records: ArrayBuffer;
  /** Small messages are copied here to be sent. */
  readonly outbox: ArrayBuffer;
  /**
   * Returns an id. A port below 0 makes `host` the path of a Unix socket. Accepts after `setReading`. Takes options.
   */
  listen(host: string, port: number): number;
  /** The same for an inherited descriptor. Takes options. */
  inherit(fd: number): number;
  /** Returns the id of a client, and its address. Takes options if the listener is inherited. */
  accept(listener: number): number;
  /** Returns an id; a record reports the result. Takes options. */
  connect(host: string, port: number, localHost: string | undefined, localPort: number): number;
  /** Returns 0, and the socket's own address. */
  local(id: number): number;
  /** Returns the length in bytes of the kernel's `struct tcp_info`, which is then in the scratch memory. */
  tcpInfo(id: number): number;
  /** Returns 0. Changes TCP_NODELAY and keep-alive of a connection. Takes options. */
  setOptions(id: number): number;
  /** Returns 0. Sets whether the socket keeps the process alive. Default: it does. */
  hold(id: number, on: 0 | 1): number;
  /** Returns 0. Starts or stops reading, or accepting. */
  setReading(id: number, on: 0 | 1): number;
  /** Sends from the arena, or from the outbox, whose offsets count down from -1. Returns the bytes sent. */
  send(id: number, offset: number, length: number): number;
  /** Sends the first of these pieces with one gathered write. Returns the bytes sent. */
  sendPieces(id: number, pieces: readonly Uint8Array[]): number;
  /** Performs the deferred sends. Returns how many were incomplete. */
  flushSends(): number;
  /** Returns an id. Receives after `setReading`. Takes the options of datagrams. */
  bindDatagrams(host: string, port: number): number;
  /** Returns 0. From then on the socket receives from this peer only. */
  connectDatagrams(id: number, host: string, port: number): number;
  /** Returns 0. Sets the interface for sending to groups. */
  multicastInterface(id: number, networkInterface: string): number;
  /**
   * Returns 0. Joins a group on the interface that its zone names, or else on `networkInterface`. The system chooses
   * if it is empty.
   */
  joinGroup(id: number, group: string, networkInterface: string): number;
  /** Returns how many datagrams are in the memory: the bytes of each, then a header for each. */
  receive(id: number, memory: ArrayBuffer): number;
  /** Returns 0. Sends to a host, or to the peer; from `localHost`, or from the address that the system chooses. */
  sendDatagram(
    id: number,
    bytes: Uint8Array,
    host: string | undefined,
    port: number,
    localHost: string | undefined,
  ): number;
  /** Returns 0. Sends FIN; with `both`, shuts down reading too. */
  shutdown(id: number, both: 0 | 1): number;
  /** Returns 0. */
  close(id: number, reset: 0 | 1): number;
  /**
   * Returns the descriptor of a stream, which the addon no longer uses; the id is invalid from then on. Or returns
   * -EINPROGRESS: reading has stopped, and a record reports when to call again.
   */
  detach(id: number): number;
}

/** Called with the number of records in a batch, or of sends that were incomplete at its end. */
export type RecordsCallback = (count: number) => void;

/** One thread's name lookups with `getaddrinfo`. */
export interface NativeLookups {
  /** Starts a lookup, in one family for 4 or 6. Returns it, for `cancel`, or a negative errno. */
  ask(name: string, family: 0 | 4 | 6, id: number): object | number;
  /** Discards a lookup. Only for a lookup that has not been answered. */
  cancel(lookup: object): void;
}

/** Called with a lookup's id and its addresses; or with a code of `getaddrinfo`, and errno for `EAI_SYSTEM`. */
export type LookupAnswered = (
  id: number,
  addresses: readonly string[] | undefined,
  code: string,
  errno: number,
) => void;

export interface Addon {
  /** Creates this thread's loop, which reads into `arena`. Call it once for each back end. */
  open(backend: number, dispatch: RecordsCallback, unsent: RecordsCallback, arena: ArrayBuffer): NativeCalls;
  /** Returns 0 if io_uring has what its back end needs. */
  probe(): number;
  /** Returns 0. Keeps urgent data of a TCP socket, and of those that it accepts, in the stream (SO_OOBINLINE). */
  inlineUrgent(fd: number): number;
  /** Sets up this thread's name lookups. Call it once. */
  openLookups(answered: LookupAnswered): NativeLookups;
}

/** The addon, or why it is missing. */
export type Loaded = { readonly addon: Addon } | { readonly whyNot: string };

let loaded: Loaded | undefined;

/** Loads the addon, once per thread. Tries again after a failure that may be temporary. */
export function loadAddon(): Loaded {
  if (loaded !== undefined) return loaded;
  const found = load();
  if ("addon" in found || !mayPass(found.whyNot)) loaded = found;
  return found;
}

/** Whether loading failed for lack of descriptors or memory. */
function mayPass(whyNot: string): boolean {
  return /too many open files|cannot allocate memory|failed to map|\bE(MFILE|NFILE|NOMEM|AGAIN|INTR)\b/i.test(
    whyNot,
  );
}

function load(): Loaded {
  try {
    return loadFile();
  } catch (error) {
    const [line = ""] = (error as Error).message.split("\n");
    return { whyNot: `the addon does not load (${line})` };
  }
}

function loadFile(): Loaded {
  // Builtin modules and absolute paths resolve from any base. `import.meta.url` is missing in a CommonJS bundle.
  const requireFrom = nodeModule.createRequire("/");
  const { argv, platform, arch, versions } = requireFrom("node:process") as NodeJS.Process;
  // Bun and Deno load addons too, but lack libuv, and would abort at the first call of it.
  if (versions["bun"] !== undefined || versions["deno"] !== undefined) {
    return { whyNot: "only Node has libuv, which it needs" };
  }
  if (platform !== "linux") return { whyNot: "epoll is Linux's own" };
  if (!("WebAssembly" in globalThis)) return { whyNot: "there is no WebAssembly, in whose memory it reads" };
  const found = findAddon(`${platform}-${arch}`, argv[1]);
  if ("whyNot" in found) return found;
  const { file } = found;
  if (file.includes("/prebuilt/") && hasMusl()) {
    return { whyNot: "the prebuilt addon is for glibc, and this system has musl" };
  }
  return { addon: requireFrom(file) as Addon };
}

/** Whether this Node runs on musl, as on Alpine. musl may load an addon for glibc, whose calls differ. */
function hasMusl(): boolean {
  try {
    return /\/ld-musl-[^/]*$/m.test(readFileSync("/proc/self/maps", "utf8"));
  } catch {
    return false;
  }
}
