/**
 * The file of our own listening Unix socket: where Node is told to make it, and its removal.
 *
 * libuv removes whatever is at that path when the listener closes, even if another server or
 * another program has put its own file there. This keeps such a file.
 */
import { resolve } from "node:path";
import { beforeExit } from "../shared/before-exit.ts";
import { identityOf, keepFileDuring, removeIfStill } from "../shared/socket-file.ts";
import { systemPath } from "../shared/system-path.ts";

/** What fits into an address of the kernel, without the NUL behind it (unix(7)). */
const pathBytesMax = 107;

function absoluteOf(path: string): string {
  try {
    return resolve(path);
  } catch {
    // The current folder has been removed; bind says so.
    return path;
  }
}

export class OwnSocketFile {
  /** What Node is to bind to. */
  readonly bindPath: string;
  readonly #path: string;
  #identity: string | undefined;
  #forgetExit: (() => void) | undefined;

  constructor(path: string) {
    this.#path = path.startsWith("@") ? path : absoluteOf(path);
    // The current folder may be another one when the listener closes.
    const fits = Buffer.byteLength(this.#path) <= pathBytesMax;
    this.bindPath = systemPath(fits ? this.#path : path);
  }

  /** To be called as soon as the socket is bound. */
  bound(): void {
    if (this.#path.startsWith("@")) return;
    this.#identity = identityOf(this.#path);
    this.#forgetExit = beforeExit(() => {
      this.#remove();
    });
  }

  /** Runs `close`, which makes libuv remove what is at the path, and removes our file alone. */
  removeBy(close: () => void): void {
    this.#forgetExit?.();
    if (this.#identity === undefined) {
      close();
      return;
    }
    const removedByLibuv = absoluteOf(this.bindPath);
    if (removedByLibuv === this.#path && identityOf(this.#path) === this.#identity) {
      close();
      return;
    }
    keepFileDuring(removedByLibuv, close);
    this.#remove();
  }

  #remove(): void {
    try {
      if (this.#identity !== undefined) removeIfStill(this.#path, this.#identity);
    } catch {
      // The folder has become one that may not be changed.
    }
  }
}
