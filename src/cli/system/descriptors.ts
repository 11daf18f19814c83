/**
 * The standard descriptors, and what other processes must not notice of us.
 *
 * Node sets O_NONBLOCK on a pipe or a socket that it reads or writes. That holds for every
 * process with the same open file: `cat` in `(portcall …; cat file) | less` would fail with
 * EAGAIN. So each pipe is opened anew, which gives us an open file of our own. Sockets,
 * named pipes and pipes of other users cannot be: they are made blocking again when the
 * process ends (signals.ts), except by SIGKILL.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync } from "node:fs";
import { devNull } from "node:os";
import { makeBlocking } from "./blocking.ts";

/** Opens each of the standard descriptors that is a pipe anew; before Node has made a stream of it. */
export function detachPipes(): void {
  // Elsewhere, opening /dev/fd/1 gives the same open file.
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
    // The lowest free number is taken, and that is this one.
    closeSync(fd);
    openSync(`/proc/self/fd/${opened}`, flags);
    closeSync(opened);
  }
}

/** What Linux calls an open file: `pipe:[123]`, `socket:[456]`, or its path. */
function nameOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return "";
  }
}

/**
 * Closes the descriptor of stdout. Node keeps it open until the process ends, and so long
 * the reader of a pipe would wait for the end. /dev/null takes its number, so that no socket
 * gets it; libuv lets go of it first, so that it does not watch /dev/null instead.
 */
export function closeStdout(stdout: unknown): void {
  // Node restores a descriptor when it exits, but not one that was replaced.
  makeBlocking(stdout);
  // Node has no public name for it; a file has none at all.
  const handle = Reflect.get(stdout as object, "_handle") as { close(): void } | null | undefined;
  handle?.close();
  closeSync(1);
  openSync(devNull, "r+");
}

/**
 * Whether stdout is a socket that is not stdin's: then closing our descriptor tells its
 * reader the end, unless other processes still write to it. Shutting it down would cut them off.
 */
export function stdoutIsOwnSocket(): boolean {
  if (!isSocket(1)) return false;
  const [stdin, stdout] = [fstatSync(0), fstatSync(1)];
  return stdin.ino !== stdout.ino || stdin.dev !== stdout.dev;
}

function isSocket(fd: number): boolean {
  return fstatSync(fd).isSocket();
}
