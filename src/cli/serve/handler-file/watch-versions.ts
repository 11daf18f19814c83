/**
 * `--watch`: new clients get the current version of the handler file. Connected clients keep theirs.
 */
import { systemClock } from "../../../base/clock.ts";
import type { ServerOptions } from "../handler-source.ts";
import type { Terminal } from "../../tty/terminal.ts";
import type { Exported } from "./exported.ts";
import { loadedFiles } from "./load.ts";
import { versionsOf, type Versions } from "./versions.ts";
import { FileWatch } from "./watch.ts";

export interface WatchedVersions extends Pick<Versions, "handler"> {
  close(): void;
}

/** @throws {Error} the system's error if the folder cannot be watched. */
export function watchVersions(
  first: Exported,
  load: () => Promise<Exported>,
  file: string,
  terminal: Terminal,
): WatchedVersions {
  const versions = versionsOf(first);
  let attempts = 0;
  let failed = false;
  /** After a failure, the fix may be in a file that was never loaded. */
  const matters = (path: string): boolean =>
    loadedFiles().has(path) || (failed && /\.(?:[cm]?[jt]s|json)$/.test(path));
  const watch = new FileWatch(systemClock, matters, () => void reload());
  watch.add(loadedFiles());
  return {
    handler: versions.handler,
    close: () => {
      watch.close();
    },
  };

  async function reload(): Promise<void> {
    const attempt = ++attempts;
    try {
      const version = await load();
      // A version that loads more slowly than a later one is outdated.
      if (attempt !== attempts) return;
      versions.replace(version);
      failed = false;
      terminal.say(`${file}: new clients get the new version${unchanged(first.options, version.options)}`);
    } catch (error) {
      if (attempt !== attempts) return;
      failed = true;
      terminal.say(`${(error as Error).message}; new clients still get the previous version`);
    }
    watch.add(loadedFiles());
  }
}

/** A running server keeps its options. */
function unchanged(before: ServerOptions, now: ServerOptions): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof ServerOptions)[];
  const changed = names.filter(
    (name) => isPlain(before[name]) && isPlain(now[name]) && before[name] !== now[name],
  );
  return changed.length === 0 ? "" : `; restart serve to apply ${changed.join(" and ")}`;
}

function isPlain(value: unknown): boolean {
  return typeof value !== "function" && typeof value !== "object";
}
