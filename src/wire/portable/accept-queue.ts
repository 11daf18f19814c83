/**
 * How many clients wait in the kernel to be accepted, as /proc tells on Linux.
 *
 * The file is opened when the listening begins and read again each time: when
 * descriptors are what is missing, it could not be opened. Reading is cheap
 * beside any number of connections for TCP, whose listening sockets stand first in
 * the file; for Unix sockets the whole file has to be read.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Address } from "../../base/address/address.ts";

export interface AcceptQueue {
  /** Clients who wait; 0 if it cannot be told. */
  waiting(): number;
  /** May be called twice. */
  close(): void;
}

/** `undefined` where there is no /proc, or no descriptor left to read it by. */
export function openAcceptQueue(address: Address, descriptor: number): AcceptQueue | undefined {
  try {
    const unix = address.family === "unix";
    const count = unix ? unixClients(address.path) : tcpClients(fstatSync(descriptor).ino);
    let file: number | undefined = openSync(unix ? "/proc/net/unix" : filesOfTcp[address.family], "r");
    return {
      waiting: () => (file === undefined ? 0 : readLines(file, count)),
      close() {
        if (file !== undefined) closeSync(file);
        file = undefined;
      },
    };
  } catch {
    return undefined;
  }
}

const filesOfTcp = { 4: "/proc/net/tcp", 6: "/proc/net/tcp6" } as const;

/** What one line adds; `undefined` ends the reading. */
type Count = (line: string) => number | undefined;

/**
 * A listening socket's line: `0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 …`,
 * state 0A, where the column of received bytes holds the queue's length.
 */
function tcpClients(inode: number): Count {
  return (line) => {
    const [, , , state, queues, , , , , socket] = line.trim().split(/\s+/);
    if (state !== "0A") return state === "st" ? 0 : undefined;
    return Number(socket) === inode ? Number.parseInt(queues?.split(":")[1] ?? "", 16) : 0;
  };
}

/** A client who waits has the server's path, the state "connecting" (02), and no inode: nobody holds it yet. */
function unixClients(path: string): Count {
  const ending = ` ${path}`;
  return (line) => (line.endsWith(ending) && /^(\S+ ){4}0001 02 +0 /.test(line) ? 1 : 0);
}

const chunk = Buffer.allocUnsafeSlow(16_384);

function readLines(file: number, count: Count): number {
  let sum = 0;
  let position = 0;
  let rest = "";
  try {
    for (;;) {
      const bytes = readSync(file, chunk, 0, chunk.length, position);
      if (bytes === 0) return sum;
      position += bytes;
      const lines = (rest + chunk.toString("utf8", 0, bytes)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const more = count(line);
        if (more === undefined) return sum;
        sum += more;
      }
    }
  } catch {
    return sum;
  }
}
