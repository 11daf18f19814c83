/**
 * A handler source that is a file of the user: it serves the file's export.
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Codec } from "../../../codec/index.ts";
import { serve, type Handler } from "../../../net/index.ts";
import { afterSetup, type ClientSetup, type HandlerSource } from "../handler-source.ts";
import type { Terminal } from "../../tty/terminal.ts";
import { FileError, UsageError } from "../../usage.ts";
import { readExports, type Exported } from "./exported.ts";
import { loadedFiles, loadVersion } from "./load.ts";
import { describeProblem, locationOfError } from "./problem.ts";
import { watchVersions } from "./watch-versions.ts";

/** @throws {FileError} for a file that does not exist, cannot be loaded, or exports no handler. */
export async function fileSource(file: string, watches: boolean, terminal: Terminal): Promise<HandlerSource> {
  const path = resolve(file);
  requireFile(path, file);
  const load = async (): Promise<Exported> => {
    try {
      return readExports(await loadVersion(path), file);
    } catch (error) {
      if (error instanceof FileError) throw error;
      throw new FileError(describeProblem(error, file, loadedFiles()));
    }
  };
  const first = await load();
  const watched = watches ? watchVersions(first, load, file, terminal) : undefined;
  return {
    name: file,
    options: first.options,
    locationOfError: locationOfError,
    begin: async (options, setup) => {
      if (setup !== undefined && typeof first.handler !== "function") {
        throw new UsageError(
          "--telnet is for handlers that are functions; a raw handler gets the bytes unchanged",
        );
      }
      try {
        if (watched !== undefined) {
          return await serve(options, withSetup(watched.handler as Handler<Uint8Array, Uint8Array>, setup));
        }
        const { handler, codec } = first;
        return await serve(
          { ...options, codec: codec as Codec<unknown> },
          withSetup(handler as Handler<unknown, unknown>, setup),
        );
      } catch (error) {
        if (error instanceof TypeError) throw new FileError(`${file}: options: ${error.message}`);
        throw error;
      }
    },
    end: () => watched?.close(),
  };
}

/** A raw handler takes no client setup. */
function withSetup<In, Out>(handler: Handler<In, Out>, setup: ClientSetup | undefined): Handler<In, Out> {
  return typeof handler === "function" ? afterSetup(setup, handler) : handler;
}

function requireFile(path: string, file: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new FileError(`${file}: no such file`);
  if (stat.isDirectory()) throw new FileError(`${file}: is a folder, not a handler file`);
}
