/**
 * The calls of the addon that are made to fail, with the errors of their manual pages, and the file that tells
 * failing-calls.c which call is next.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { constants } from "node:os";

type ErrorName = keyof typeof constants.errno;

/** How a call fails: an error, a transfer of at most one byte, or a shortage that lasts. */
export type Failure = ErrorName | "short" | "EAGAIN for long";

/** How many calls in a row a shortage affects. */
const longTimes = 150;

interface CallRow {
  /** In the order of `enum call` in submissions.h. */
  readonly name: string;
  readonly failures: readonly Failure[];
  /** Faults that must have no visible effect; `all` of them, unless listed. */
  readonly unnoticed: "all" | readonly Failure[];
  /** Errors that are false while the peer is there: waiting for more data, up to a timeout, is correct. */
  readonly lies?: readonly Failure[];
  /** Made when the engine is opened, once per thread. */
  readonly opens?: true;
}

/** One case: the `number`-th call of this kind, counted from 1, fails in this way. */
export interface Fault {
  readonly call: string;
  readonly number: number;
  readonly failure: Failure;
}

const again = ["EINTR", "EAGAIN"] as const;

export const calls: readonly CallRow[] = [
  { name: "socket", failures: ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EACCES"], unnoticed: [] },
  { name: "bind", failures: ["EADDRINUSE", "EACCES", "ENOMEM"], unnoticed: [] },
  { name: "listen", failures: ["EADDRINUSE", "EOPNOTSUPP"], unnoticed: [] },
  {
    name: "accept4",
    // Errors of one client mean that it has gone. Here it has not, and the next attempt accepts it.
    failures: [
      "EINTR",
      "EAGAIN",
      "ECONNABORTED",
      "EPROTO",
      "EPERM",
      "EOPNOTSUPP",
      "EMFILE",
      "ENFILE",
      "ENOBUFS",
      "ENOMEM",
    ],
    unnoticed: "all",
  },
  {
    name: "connect",
    failures: ["EINTR", "EAGAIN", "ECONNREFUSED", "ENETUNREACH", "EADDRNOTAVAIL", "ETIMEDOUT", "EACCES"],
    unnoticed: ["EINTR"],
  },
  { name: "getsockname", failures: ["ENOBUFS"], unnoticed: [] },
  { name: "getsockopt", failures: ["ENOBUFS", "ENOMEM"], unnoticed: [] },
  { name: "setsockopt", failures: ["EINVAL", "ENOPROTOOPT", "ENOMEM"], unnoticed: [] },
  {
    name: "recv",
    failures: [...again, "short", "ECONNRESET", "ETIMEDOUT", "ECONNREFUSED", "ENOMEM", "EHOSTUNREACH"],
    unnoticed: [...again, "short"],
  },
  // Errors that a datagram socket reports while it stays open. A datagram that was not received is read again.
  { name: "recvmmsg", failures: [...again, "ENOMEM", "ENOBUFS"], unnoticed: again },
  { name: "read", failures: again, unnoticed: "all" },
  {
    name: "send",
    failures: [...again, "short", "ECONNRESET", "EPIPE", "ENOBUFS", "ENOMEM", "ETIMEDOUT", "EHOSTUNREACH"],
    unnoticed: [...again, "short"],
    lies: ["ECONNRESET", "EPIPE"],
  },
  {
    name: "sendmsg",
    failures: [...again, "short", "ECONNRESET", "EPIPE", "ENOBUFS", "ENOMEM", "ETIMEDOUT", "EHOSTUNREACH"],
    unnoticed: [...again, "short"],
    lies: ["ECONNRESET", "EPIPE"],
  },
  { name: "shutdown", failures: ["ENOTCONN", "ENOBUFS"], unnoticed: [], lies: ["ENOTCONN", "ENOBUFS"] },
  { name: "epoll_create1", failures: ["EMFILE", "ENFILE", "ENOMEM"], unnoticed: [], opens: true },
  { name: "epoll_ctl", failures: ["ENOMEM", "ENOSPC", "EPERM"], unnoticed: [] },
  { name: "epoll_wait", failures: ["EINTR"], unnoticed: "all" },
  { name: "malloc", failures: ["ENOMEM"], unnoticed: [], opens: true },
  { name: "mmap", failures: ["ENOMEM", "EAGAIN"], unnoticed: [], opens: true },
  { name: "io_uring_setup", failures: ["ENOMEM", "EMFILE", "EPERM", "ENOSYS"], unnoticed: [], opens: true },
  { name: "io_uring_register", failures: ["ENOMEM", "EINVAL", "EBUSY"], unnoticed: [], opens: true },
  {
    name: "io_uring_enter",
    failures: [...again, "EBUSY", "EAGAIN for long"],
    unnoticed: "all",
  },
  { name: "uring recv", failures: ["ECONNRESET", "ENOBUFS", "ENOMEM", "EINTR"], unnoticed: ["ENOBUFS"] },
  {
    name: "uring send",
    failures: [...again, "short", "ECONNRESET", "EPIPE", "ENOBUFS", "ENOMEM"],
    unnoticed: [...again, "short"],
    lies: ["ECONNRESET", "EPIPE"],
  },
  { name: "uring poll", failures: ["ENOMEM", "ECANCELED"], unnoticed: [] },
  // A request that should have been cancelled continues.
  { name: "uring cancel", failures: ["ENOENT", "EALREADY"], unnoticed: [], lies: ["ENOENT", "EALREADY"] },
  // Requests to close and to do nothing.
  { name: "uring other", failures: [], unnoticed: [] },
];

/** Whether a fault must have no visible effect. */
export function isUnnoticed({ call, failure }: Fault): boolean {
  const row = rowOf(call);
  return row?.unnoticed === "all" || row?.unnoticed.includes(failure) === true;
}

/** Whether a fault reports something impossible. */
export function isLie({ call, failure }: Fault): boolean {
  return rowOf(call)?.lies?.includes(failure) === true;
}

function rowOf(call: string): CallRow | undefined {
  return calls.find(({ name }) => name === call);
}

/** `struct faults` of failing-calls.c: crowd, call, number, times, error, failed; then the counts. */
const countsAt = 6;

function errnoOf(failure: Failure): number {
  if (failure === "short") return 0;
  return constants.errno[failure === "EAGAIN for long" ? "EAGAIN" : failure];
}

/** The file that both sides have open. */
export class FaultFile {
  readonly #descriptor: number;
  #crowds = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, "r+");
  }

  /** From now on calls are counted, and this one fails. */
  arm(fault: Fault | undefined): void {
    const numbers = new Int32Array(countsAt + calls.length);
    numbers[0] = ++this.#crowds;
    numbers[1] = calls.findIndex(({ name }) => name === fault?.call);
    numbers[2] = fault?.number ?? 0;
    numbers[3] = fault?.failure === "EAGAIN for long" ? longTimes : 1;
    numbers[4] = errnoOf(fault?.failure ?? "short");
    writeSync(this.#descriptor, numbers, 0, numbers.byteLength, 0);
  }

  /** No call fails from now on. Returns whether the chosen call was made, and the count of each kind. */
  disarm(): { readonly failed: boolean; readonly counts: Readonly<Record<string, number>> } {
    const numbers = new Int32Array(countsAt + calls.length);
    readSync(this.#descriptor, numbers, 0, numbers.byteLength, 0);
    writeSync(this.#descriptor, new Int32Array(1), 0, 4, 0);
    const counts = calls.map(({ name }, index) => [name, numbers[countsAt + index] ?? 0] as const);
    return { failed: numbers[5] !== 0, counts: Object.fromEntries(counts) };
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

export const faultFileBytes: number = 4 * (countsAt + calls.length);
