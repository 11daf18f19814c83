/**
 * Reports changes of a handler's files.
 *
 * It watches folders, not files, because an editor replaces the file with a new one.
 */
import { watch, type FSWatcher } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock, Timer } from "../../../base/clock.ts";

/** Editors write in several steps, and compilers write several files. */
const settleMs = 50;

export class FileWatch {
  readonly #folders = new Map<string, FSWatcher>();
  readonly #clock: Clock;
  readonly #matters: (path: string) => boolean;
  readonly #changed: () => void;
  #settling: Timer | undefined;

  /** Calls `changed` soon after one of the files has changed. */
  constructor(clock: Clock, matters: (path: string) => boolean, changed: () => void) {
    this.#clock = clock;
    this.#matters = matters;
    this.#changed = changed;
  }

  /** Watches the folders of these files too. @throws {Error} the system's error. */
  add(files: Iterable<string>): void {
    for (const file of files) {
      const folder = dirname(file);
      if (this.#folders.has(folder)) continue;
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        if (name === null || this.#matters(join(folder, name))) this.#soon();
      });
      // The folder was removed; the loaded handler goes on.
      watcher.on("error", () => {
        this.#folders.delete(folder);
        watcher.close();
      });
      this.#folders.set(folder, watcher);
    }
  }

  close(): void {
    this.#settling?.cancel();
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #soon(): void {
    this.#settling?.cancel();
    this.#settling = this.#clock.after(settleMs, this.#changed);
  }
}
