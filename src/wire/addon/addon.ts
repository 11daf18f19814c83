/**
 * The addon: its calls as TypeScript sees them, and whether it loads here. Where it lies: find-addon.ts.
 *
 * What each call and each record means is on one page: docs/decisions/native-engine.md.
 * Calls that return a number return a negative errno when they fail. Those that take options read them from
 * where the answer stands.
 */
import { readFileSync } from "node:fs";
// Not by its name: webpack would take the calls for requires of its own, and warn that it cannot follow them.
import nodeModule from "node:module";
import { findAddon } from "./find-addon.ts";

/** One thread's loop: its memory and its calls. */
export interface NativeCalls {
  /** The answer of the last call that had one, the sends that were left to the end of the batch, the records. */
  readonly records: ArrayBuffer;
  /** Where small messages are put that are to be sent. */
  readonly outbox: ArrayBuffer;
  /** An id. A port below 0 makes `host` the path of a Unix socket. It accepts once `read` is on. Takes options. */
  listen(host: string, port: number): number;
  /** The same for a descriptor that this process was handed. Takes options. */
  inherit(fd: number): number;
  /** The id of a client; its address is the answer. Takes options if the listener was handed over. */
  accept(listener: number): number;
  /** An id; a record tells how it went. Takes options. */
  connect(host: string, port: number, localHost: string | undefined, localPort: number): number;
  /** 0; the socket's own address is the answer. */
  local(id: number): number;
  /** How many bytes of the kernel's `struct tcp_info` are the answer. */
  tcpInfo(id: number): number;
  /** 0. Says whether the socket keeps the process alive, as it does at first. */
  hold(id: number, on: 0 | 1): number;
  /** 0. Begins or stops to read, or to accept. */
  setReading(id: number, on: 0 | 1): number;
  /** Sends from the arena, or from the outbox, whose offsets count down from -1; how many bytes went. */
  send(id: number, offset: number, length: number): number;
  /** Sends the first of these, gathered; how many bytes went. */
  sendPieces(id: number, pieces: readonly Uint8Array[]): number;
  /** Carries out what was left to the end of the batch; how many sends did not go whole. */
  flushSends(): number;
  /** An id. It receives once `read` is on. Takes the options of datagrams. */
  bindDatagrams(host: string, port: number): number;
  /** 0. From then on it hears this peer alone. */
  connectDatagrams(id: number, host: string, port: number): number;
  /** 0. Sends to groups by this interface. */
  multicastInterface(id: number, networkInterface: string): number;
  /** 0. Hears a group, by the interface that its zone, or else `place`, names; the system chooses for an empty one. */
  joinGroup(id: number, group: string, networkInterface: string): number;
  /** How many datagrams have been put into the memory, each at its place, with a header behind all of them. */
  receive(id: number, memory: ArrayBuffer): number;
  /** 0. Sends to a host, or to the peer; from `localHost`, or from where the system chooses. */
  sendDatagram(
    id: number,
    bytes: Uint8Array,
    host: string | undefined,
    port: number,
    localHost: string | undefined,
  ): number;
  /** 0. Sends FIN; with `both`, ends the reading too. */
  shutdown(id: number, both: 0 | 1): number;
  /** 0. */
  close(id: number, reset: 0 | 1): number;
}

/** Called with how many there are: records of a batch, or sends that did not go whole at its end. */
export type RecordsCallback = (count: number) => void;

/** One thread's name look-ups by `getaddrinfo`. */
export interface NativeLookups {
  /** Starts one, for 4 or 6 in one family; the look-up, for `cancel`, or a negative errno. */
  ask(name: string, family: 0 | 4 | 6, id: number): object | number;
  /** Drops the answer. Only for a look-up that has not been answered. */
  cancel(lookup: object): void;
}

/** Called with a look-up's id and its addresses; or with a code of `getaddrinfo`, and errno for `EAI_SYSTEM`. */
export type LookupAnswered = (
  id: number,
  addresses: readonly string[] | undefined,
  code: string,
  errno: number,
) => void;

export interface Addon {
  /** Makes this thread's loop, which reads into `arena`; to be called once for each back end. */
  open(backend: number, dispatch: RecordsCallback, unsent: RecordsCallback, arena: ArrayBuffer): NativeCalls;
  /** 0 if io_uring does here what its back end needs. */
  probe(): number;
  /** 0. Keeps urgent data of a TCP socket, and of those that it accepts, in the stream (SO_OOBINLINE). */
  inlineUrgent(fd: number): number;
  /** Sets up this thread's name look-ups; to be called once. */
  openLookups(answered: LookupAnswered): NativeLookups;
}

/** The addon, or why there is none. */
export type Loaded = { readonly addon: Addon } | { readonly whyNot: string };

let loaded: Loaded | undefined;

/** Loads the addon, once a thread; again if something was lacking that may be there now. */
export function loadAddon(): Loaded {
  if (loaded !== undefined) return loaded;
  const found = load();
  if ("addon" in found || !mayPass(found.whyNot)) loaded = found;
  return found;
}

/** Whether it is for want of descriptors or memory that something did not work. */
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
  // Loads by absolute path and by name alone, so any base does. `import.meta.url` is missing in a CommonJS bundle.
  const requireFrom = nodeModule.createRequire("/");
  const { argv, platform, arch, versions } = requireFrom("node:process") as NodeJS.Process;
  // Bun and Deno load addons too, but have no libuv beneath, and would abort at the first call of it.
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

/** Whether this Node runs on musl, as on Alpine: musl may load an addon for glibc, whose calls differ from its own. */
function hasMusl(): boolean {
  try {
    return /\/ld-musl-[^/]*$/m.test(readFileSync("/proc/self/maps", "utf8"));
  } catch {
    return false;
  }
}
