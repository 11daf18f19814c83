/**
 * `--watch`: new clients get the handler file as it is now, those who are here finish with
 * what they began with.
 */
import { systemClock } from "../../../base/clock.ts";
import type { ServerOptions } from "../handler-source.ts";
import type { Terminal } from "../../tty/terminal.ts";
import type { Exported } from "./exported.ts";
import { loadedFiles } from "./load.ts";
import { versionsOf, type Versions } from "./versions.ts";
import { FileWatch } from "./watch.ts";

export interface WatchedVersions extends Pick<Versions, "handler"> {
  /** Watches no more. */
  close(): void;
}

/** @throws {Error} of the system, if the folder cannot be watched. */
export function watchVersions(
  first: Exported,
  load: () => Promise<Exported>,
  file: string,
  terminal: Terminal,
): WatchedVersions {
  const versions = versionsOf(first);
  let attempts = 0;
  let failed = false;
  /** After a failure, what is missing may be in a file that was never loaded. */
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
      // One that took longer to load than the next is no news any more.
      if (attempt !== attempts) return;
      versions.replace(version);
      failed = false;
      terminal.say(`${file}: new clients get the new version${unchanged(first.options, version.options)}`);
    } catch (error) {
      if (attempt !== attempts) return;
      failed = true;
      terminal.say(`${(error as Error).message}; new clients get the version before`);
    }
    watch.add(loadedFiles());
  }
}

/** The options of a server are those that it began with. */
function unchanged(before: ServerOptions, now: ServerOptions): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof ServerOptions)[];
  const changed = names.filter(
    (name) => isPlain(before[name]) && isPlain(now[name]) && before[name] !== now[name],
  );
  return changed.length === 0 ? "" : `, but ${changed.join(" and ")} only when serve is started anew`;
}

function isPlain(value: unknown): boolean {
  return typeof value !== "function" && typeof value !== "object";
}
