/**
 * The standard descriptors, without side effects on other processes.
 *
 * Node sets O_NONBLOCK on a pipe or a socket that it reads or writes. That applies to every process with the same
 * open file: `cat` in `(portcall …; cat file) | less` would fail with EAGAIN. So each pipe is opened again, which
 * creates an open file of our own. That is not possible for sockets, named pipes and pipes of other users. They are
 * made blocking again when the process ends (signals.ts), except by SIGKILL.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs";
import { devNull } from "node:os";
import { makeBlocking } from "./blocking.ts";

/** Opens each standard descriptor that is a pipe again. Call this before Node creates its stream. */
export function detachPipes(): void {
  // On other systems, opening /dev/fd/1 gives the same open file.
  if (process.platform !== "linux") return;
  for (const fd of [0, 1, 2]) {
    if (!nameOf(fd).startsWith("pipe:")) continue;
    const flags = (fd === 0 ? constants.O_RDONLY : constants.O_WRONLY) | constants.O_NONBLOCK;
    let opened: number;
    try {
      opened = openSync(`/proc/self/fd/${fd}`, flags);
    } catch {
      // A pipe of another user.
      continue;
    }
    // The system assigns the lowest free number, which is this one.
    closeSync(fd);
    openSync(`/proc/self/fd/${opened}`, flags);
    closeSync(opened);
  }
}

/** Linux's name of an open file: `pipe:[123]`, `socket:[456]`, or its path. */
function nameOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

/**
 * Closes the descriptor of stdout. Node keeps it open until the process ends, so the reader of a pipe would wait that
 * long for the end. /dev/null takes its number, so that no socket gets it. libuv releases it first, so that it does
 * not watch /dev/null instead.
 */
export function closeStdout(stdout: unknown): void {
  // Node restores a descriptor when it exits, but not a replaced one.
  makeBlocking(stdout);
  // Node has no public API for the handle, and a file has no handle.
  const handle = Reflect.get(stdout as object, "_handle") as { close(): void } | null | undefined;
  handle?.close();
  closeSync(1);
  openSync(devNull, "r+");
}

/**
 * Whether stdout is a socket that stdin does not use. Closing our descriptor then ends the stream for its reader,
 * unless other processes still write to it. A shutdown would cut those processes off.
 */
export function stdoutIsOwnSocket(): boolean {
  if (!isSocket(1)) return false;
  const [stdin, stdout] = [fstatSync(0), fstatSync(1)];
  return stdin.ino !== stdout.ino || stdin.dev !== stdout.dev;
}

function isSocket(fd: number): boolean {
  return fstatSync(fd).isSocket();
}
