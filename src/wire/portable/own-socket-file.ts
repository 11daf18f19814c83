/**
 * The file of a listening Unix socket: the path that Node binds, and its removal.
 *
 * libuv removes whatever is at that path when the listener closes, even if another server or program has put its own
 * file there. This keeps such a file.
 */
import { resolve } from "node:path";
import { beforeExit } from "../shared/before-exit.ts";
import { identityOf, keepFileDuring, removeIfStill } from "../shared/socket-file.ts";
import { systemPath } from "../shared/system-path.ts";

/** The longest path that fits into a kernel address, without the NUL that follows (unix(7)). */
const pathBytesMax = 107;

function absoluteOf(path: string): string {
  try {
    return resolve(path);
  } catch {
    // The working directory has been removed; bind reports it.
    return path;
  }
}

export class OwnSocketFile {
  /** The path for Node to bind. */
  readonly bindPath: string;
  readonly #path: string;
  #identity: string | undefined;
  #forgetExit: (() => void) | undefined;

  constructor(path: string) {
    this.#path = path.startsWith("@") ? path : absoluteOf(path);
    // The working directory may have changed when the listener closes.
    const fits = Buffer.byteLength(this.#path) <= pathBytesMax;
    this.bindPath = systemPath(fits ? this.#path : path);
  }

  /** Call it as soon as the socket is bound. */
  bound(): void {
    if (this.#path.startsWith("@")) return;
    this.#identity = identityOf(this.#path);
    this.#forgetExit = beforeExit(() => {
      this.#remove();
    });
  }

  /** Runs `close`, which makes libuv remove what is at the path, but removes only this listener's file. */
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
      // The folder can no longer be changed.
    }
  }
}
