/**
 * A failure in one line, as the command prints it: `connect 10.0.0.7:9000: no answer in 3000 ms (-w)`.
 *
 * The line is composed from the error's fields, so that only the option is translated. A host name or
 * a handler's message that looks like an option stays as it is.
 */
import { formatFailure, NetError } from "../base/errors.ts";
import { optionNames, optionRow } from "../net/index.ts";

/** The flag that sets each option of the library, where the command has one. `drainMs` is an option of `server.close`, and `trusted` is a member of its option. */
export const flagOfOption: ReadonlyMap<string, string> = new Map([
  ...optionNames.flatMap((name): [string, string][] => {
    const { flag } = optionRow(name);
    return flag === undefined ? [] : [[name, flag]];
  }),
  ["drainMs", "--drain"],
  ["proxyProtocol.trusted", "--proxy-protocol-from"],
]);

/** The error's message, with the command's flag in place of the library's option. */
export function errorLine(error: Error): string {
  return error instanceof NetError ? formatFailure(error, flagOf(error.option)) : error.message;
}

/** What decides the failure: the command's flag, or the library's option if no flag sets it. */
function flagOf(option: string | undefined): string | undefined {
  return option === undefined ? undefined : (flagOfOption.get(option) ?? option);
}
