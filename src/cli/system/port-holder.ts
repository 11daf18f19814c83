/**
 * The process that already listens on an address, for "address already in use" (F30).
 *
 * It is read from /proc, so this works on Linux only, and only for processes that the user may inspect. It never
 * throws, because it is called while an error is being reported.
 *
 *     /proc/net/{tcp,tcp6,udp,udp6,unix} ──▶ inode of the listening socket ──▶ /proc/PID/fd ──▶ PID, command
 */
import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { endianness } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { TcpAddress, UnixAddress } from "../../base/address/address.ts";
import { ipBytes } from "../../base/address/ip.ts";

/** An address that may be in use: of a TCP listener, unless `protocol` is set. */
type HeldIpAddress = TcpAddress & { readonly protocol?: "udp" };
export type HeldAddress = HeldIpAddress | UnixAddress;

export interface PortHolder {
  readonly pid: number;
  /** The process's own short name. This is untrusted text: show it through `terminalSafe`. */
  readonly command: string;
}

interface ListeningSocket {
  readonly inode: string;
  /** The relative path of a Unix socket that was bound by one. It is relative to its holder's folder. */
  readonly relativePath?: string;
}

/**
 * The process that listens on the address, or on one that overlaps with it (0.0.0.0 and :: stand for all).
 * `undefined` if it cannot be determined.
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
  // Of equal ports, the closest address is the conflict. Others may be on interfaces that do not overlap.
  const byDistance: ListeningSocket[][] = [[], [], []];
  const { protocol = "tcp" } = address;
  for (const row of [
    ...(await rowsOf(`/proc/net/${protocol}`)),
    ...(await rowsOf(`/proc/net/${protocol}6`)),
  ]) {
    // sl  local_address  rem_address  st  tx:rx  tr:when  retrnsmt  uid  timeout  inode …
    const [, local = "", , state = "", , , , , , inode = "0"] = row.trim().split(/\s+/);
    const [ip = "", port = ""] = local.split(":");
    // TCP_LISTEN; for datagram sockets, unconnected (TCP_CLOSE) and connected ones (TCP_ESTABLISHED).
    if (
      !(protocol === "tcp" ? ["0A"] : ["07", "01"]).includes(state) ||
      Number.parseInt(port, 16) !== address.port
    )
      continue;
    byDistance[distance(asked, kernelIp(ip)) ?? byDistance.length]?.push({ inode });
  }
  return byDistance.find((sockets) => sockets.length > 0) ?? [];
}

/** How far apart two conflicting addresses are; `undefined` if both can be listened on. */
function distance(asked: Uint8Array, held: Uint8Array): 0 | 1 | 2 | undefined {
  if (Buffer.compare(asked, held) === 0) return 0;
  const covers = (wide: Uint8Array, narrow: Uint8Array): boolean =>
    wide.every((byte) => byte === 0) && wide.length >= narrow.length;
  if (!covers(asked, held) && !covers(held, asked)) return undefined;
  return asked.length === held.length ? 1 : 2;
}

/** The bytes of an address as /proc prints it: 32-bit words in the machine's byte order. */
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
    // Only paths that can match are resolved.
    if (basename(bound) !== basename(path)) continue;
    if (bound.startsWith("@") || isAbsolute(bound)) {
      if ((await physicalPath(bound)) === path) found.push({ inode });
    } else {
      found.push({ inode, relativePath: bound });
    }
  }
  return found;
}

/**
 * An abstract name without its padding of NULs, printed as `@`. Node 20 pads the name to the full length of an
 * address.
 */
function withoutPadding(bound: string): string {
  return bound.startsWith("@") && Buffer.byteLength(bound) === 108 ? bound.replace(/@+$/, "") : bound;
}

/** The path without symbolic links in its folders, so that /var/run/x is /run/x; an abstract name unchanged. */
async function physicalPath(path: string, folder = "."): Promise<string> {
  if (path.startsWith("@")) return path;
  const absolute = resolve(folder, path);
  return join(await realpath(dirname(absolute)).catch(() => dirname(absolute)), basename(absolute));
}

async function rowsOf(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").slice(1);
}

/** The first process that holds one of the sockets; for a parent and its children, the parent. */
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

/** The targets of a process's descriptors; empty if it has ended or may not be inspected. */
async function descriptorsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  return Promise.all(descriptors.map((fd) => readlink(`${folder}/${fd}`).catch(() => "")));
}

async function commandOf(pid: number): Promise<string> {
  const name = (await readFile(`/proc/${pid}/comm`, "utf8")).replace(/\n$/, "");
  if (name !== "MainThread" && name !== "node-MainThread") return name;
  // Since version 22, Node names its threads, including the first one. Its command line is more useful.
  const [program = ""] = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  return basename(program) || name;
}
