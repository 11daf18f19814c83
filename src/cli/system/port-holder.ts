/**
 * Who already listens on an address: the name behind "address already in use" (F30).
 *
 * Read from /proc, so on Linux only, and only for processes that this user may look
 * into; where that tells nothing, neither does this. It never throws: it is asked
 * while an error is being explained.
 *
 *     /proc/net/{tcp,tcp6,udp,udp6,unix} ──▶ inode of the listening socket ──▶ /proc/PID/fd ──▶ PID, command
 */
import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { endianness } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { TcpAddress, UnixAddress } from "../../base/address/address.ts";
import { ipBytes } from "../../base/address/ip.ts";

/** An address that somebody may have: of a connection's listener, unless it says otherwise. */
type HeldIpAddress = TcpAddress & { readonly protocol?: "udp" };
export type HeldAddress = HeldIpAddress | UnixAddress;

/** A process that listens. */
export interface PortHolder {
  readonly pid: number;
  /** Its short name, as it calls itself: foreign text, to be shown through `terminalSafe`. */
  readonly command: string;
}

/** A listening socket of the system's lists. */
interface ListeningSocket {
  readonly inode: string;
  /** For a Unix socket bound by a relative path, that path: it means something in its holder's folder only. */
  readonly relativePath?: string;
}

/**
 * The process that listens on the address, or on one that covers it or is covered by
 * it (0.0.0.0 and :: stand for all), or `undefined` if that cannot be seen.
 */
export async function findPortHolder(address: HeldAddress): Promise<PortHolder | undefined> {
  if (process.platform !== "linux") return undefined;
  try {
    if (address.family !== "unix") return await holderOf(await ipSockets(address));
    const path = await physicalPath(address.path);
    return await holderOf(await unixSockets(path), path);
  } catch {
    return undefined;
  }
}

async function ipSockets(address: HeldIpAddress): Promise<ListeningSocket[]> {
  const asked = ipBytes(address.host);
  if (asked === undefined) return [];
  // Of equal ports the most exact address is the one in the way: it may be that the others are in nobody's.
  const byDistance: ListeningSocket[][] = [[], [], []];
  const { protocol = "tcp" } = address;
  for (const row of [
    ...(await rowsOf(`/proc/net/${protocol}`)),
    ...(await rowsOf(`/proc/net/${protocol}6`)),
  ]) {
    // sl  local_address  rem_address  st  tx:rx  tr:when  retrnsmt  uid  timeout  inode …
    const [, local = "", , state = "", , , , , , inode = "0"] = row.trim().split(/\s+/);
    const [ip = "", port = ""] = local.split(":");
    // TCP_LISTEN; of datagram sockets, those that are not dialed (TCP_CLOSE) and those that are (TCP_ESTABLISHED).
    if (
      !(protocol === "tcp" ? ["0A"] : ["07", "01"]).includes(state) ||
      Number.parseInt(port, 16) !== address.port
    )
      continue;
    byDistance[distance(asked, kernelIp(ip)) ?? byDistance.length]?.push({ inode });
  }
  return byDistance.find((sockets) => sockets.length > 0) ?? [];
}

/** How far apart two addresses are that cannot both be listened on; `undefined` if they can. */
function distance(asked: Uint8Array, held: Uint8Array): 0 | 1 | 2 | undefined {
  if (Buffer.compare(asked, held) === 0) return 0;
  const covers = (wide: Uint8Array, narrow: Uint8Array): boolean =>
    wide.every((byte) => byte === 0) && wide.length >= narrow.length;
  if (!covers(asked, held) && !covers(held, asked)) return undefined;
  return asked.length === held.length ? 1 : 2;
}

/** The bytes of an address as /proc prints it: words of 32 bits in the machine's own order. */
function kernelIp(hex: string): Uint8Array {
  const bytes = Buffer.from(hex, "hex");
  if (endianness() === "LE") bytes.swap32();
  // An IPv4-mapped address is the IPv4 address.
  const mapped =
    bytes.length === 16 && bytes.subarray(0, 12).equals(Buffer.from("00000000000000000000ffff", "hex"));
  return mapped ? bytes.subarray(12) : bytes;
}

async function unixSockets(path: string): Promise<ListeningSocket[]> {
  const found: ListeningSocket[] = [];
  for (const row of await rowsOf("/proc/net/unix")) {
    // Num: RefCount Protocol Flags Type St Inode Path; __SO_ACCEPTCON, 0x10000, is the flag of a listening socket.
    const match = /^\S+ \S+ \S+ 00010000 0001 \S+ +(\d+) (.+)$/.exec(row);
    const [, inode = "", printed = ""] = match ?? [];
    const bound = withoutPadding(printed);
    // Paths are resolved only where they can match.
    if (basename(bound) !== basename(path)) continue;
    if (bound.startsWith("@") || isAbsolute(bound)) {
      if ((await physicalPath(bound)) === path) found.push({ inode });
    } else {
      found.push({ inode, relativePath: bound });
    }
  }
  return found;
}

/** An abstract name without the NULs, printed as `@`, with which Node 20 fills it up to the full length of an address. */
function withoutPadding(bound: string): string {
  return bound.startsWith("@") && Buffer.byteLength(bound) === 108 ? bound.replace(/@+$/, "") : bound;
}

/** The path without links on the way, so that /var/run/x is /run/x; an abstract name as it is. */
async function physicalPath(path: string, folder = "."): Promise<string> {
  if (path.startsWith("@")) return path;
  const absolute = resolve(folder, path);
  return join(await realpath(dirname(absolute)).catch(() => dirname(absolute)), basename(absolute));
}

async function rowsOf(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").slice(1);
}

/** The first process that holds one of the sockets; of a parent and its children, that is the parent. */
async function holderOf(sockets: readonly ListeningSocket[], path?: string): Promise<PortHolder | undefined> {
  if (sockets.length === 0) return undefined;
  const names = new Map(sockets.map((socket) => [`socket:[${socket.inode}]`, socket]));
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  for (const pid of pids.toSorted((one, other) => one - other)) {
    for (const name of await descriptorsOf(pid)) {
      const socket = names.get(name);
      if (socket !== undefined && (await isBoundTo(path, socket, pid)))
        return { pid, command: await commandOf(pid) };
    }
  }
  return undefined;
}

async function isBoundTo(path: string | undefined, socket: ListeningSocket, pid: number): Promise<boolean> {
  if (socket.relativePath === undefined) return true;
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return folder !== undefined && (await physicalPath(socket.relativePath, folder)) === path;
}

/** What the descriptors of a process lead to; nothing of one that is gone or not ours to see. */
async function descriptorsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  return Promise.all(descriptors.map((fd) => readlink(`${folder}/${fd}`).catch(() => "")));
}

async function commandOf(pid: number): Promise<string> {
  const name = (await readFile(`/proc/${pid}/comm`, "utf8")).replace(/\n$/, "");
  if (name !== "MainThread" && name !== "node-MainThread") return name;
  // Node names its threads since version 22, and with the first of them itself; its command line tells more.
  const [program = ""] = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  return basename(program) || name;
}
