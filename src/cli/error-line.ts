/**
 * A failure in one line, as the command prints it: `connect 10.0.0.7:9000: no answer in 3000 ms (-w)`.
 *
 * The line is composed from the error's fields, so that only the option is translated. A host name or
 * a handler's message that looks like an option stays as it is.
 */
import { formatFailure, NetError } from "../base/errors.ts";
import type { ConnectOptions, ConnectUdpOptions, ServeOptions, Server } from "../net/index.ts";

type CloseOptions = NonNullable<Parameters<Server["close"]>[0]>;
type LibraryOption = keyof ConnectOptions | keyof ServeOptions | keyof ConnectUdpOptions | keyof CloseOptions;

/** The flag that sets each option of the library, where the command has one. */
export const flagOfOption: Readonly<Partial<Record<LibraryOption, string>>> = {
  connectTimeoutMs: "-w",
  resolveTimeoutMs: "-w",
  handshakeTimeoutMs: "-w",
  establishTimeoutMs: "--wait",
  firstByteTimeoutMs: "-w",
  idleTimeoutMs: "-w",
  inactivityTimeoutMs: "-w",
  drainMs: "--drain",
  broadcast: "--broadcast",
  from: "-s",
  fd: "--fd",
};

/** The error's message, with the command's flag in place of the library's option. */
export function errorLine(error: Error): string {
  return error instanceof NetError ? formatFailure(error, optionName(error)) : error.message;
}

/** What decides the failure: the command's flag, or the library's option if no flag sets it. */
function optionName({ option }: NetError): string | undefined {
  if (option === undefined || !Object.hasOwn(flagOfOption, option)) return option;
  return flagOfOption[option as LibraryOption];
}
