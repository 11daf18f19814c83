/** The flags of TLS, as the option `tls` of `serve`, and their files read again while the server runs. */
import type { ServeOptions, Server } from "../../net/index.ts";
import type { TlsFlags } from "../args/tls-options.ts";
import { endBy } from "../signals.ts";
import type { Terminal } from "../tty/terminal.ts";
import { FileError, UsageError } from "../usage.ts";
import { tlsClientOptions } from "./client-options.ts";

type TlsServerOptions = ServeOptions["tls"] & {};

/**
 * Reads the files.
 *
 * @throws {FileError} for a file that cannot be read.
 * @throws {UsageError} for a file without certificate or key, and for a pair that does not belong together.
 */
export function readServerTls(given: TlsFlags): TlsServerOptions {
  const { cert, key, ...options } = tlsClientOptions(given);
  // The table of flags has refused a line without them.
  if (cert === undefined || key === undefined) throw new UsageError("--tls needs --cert and --key");
  return { ...options, cert, key, requestCert: given.ca !== undefined };
}

/**
 * At each SIGHUP, reads the files again. Open connections keep their certificate. With files that cannot be used, the
 * server keeps the certificate that it has, and a line names the file.
 */
export function reloadOnHangUp(server: Server, given: TlsFlags, terminal: Terminal): void {
  const reload = (): void => {
    try {
      server.setTls(readServerTls(given));
      terminal.say("the certificate was read again, for new clients");
    } catch (error) {
      if (!(error instanceof FileError || error instanceof UsageError || error instanceof TypeError))
        throw error;
      terminal.say(`portcall: ${error.message}; the old certificate stays`);
    }
  };
  process.on("SIGHUP", reload).off("SIGHUP", endBy);
  void server.closed.then(() => process.on("SIGHUP", endBy).off("SIGHUP", reload));
}
