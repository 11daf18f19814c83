/**
 * Chooses the handler source for a command line of `serve`.
 */
import type { Target } from "../../base/address/address.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import type { ProgramFlags } from "./exec/program-source.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UsageError } from "../usage.ts";
import type { HandlerSource } from "./handler-source.ts";
import { serviceSource, type ServiceFlags } from "./service-source.ts";
import { parseServeArguments } from "./arguments.ts";

export interface ServeFlags extends ServiceFlags, ProgramFlags {
  readonly unix?: true;
  readonly watch?: true;
}

export interface Choice {
  readonly service: ServiceEntry | undefined;
  readonly addressArguments: readonly string[];
  /**
   * Makes the handler source for an address, or for a socket that another process has bound. Loads the program or the
   * file now.
   */
  readonly choose: (target: Target | undefined) => Promise<HandlerSource> | HandlerSource;
}

/** @throws {UsageError} for options that exclude each other. */
export function chooseHandlerSource(words: readonly string[], flags: ServeFlags, terminal: Terminal): Choice {
  const program = flags.exec === undefined ? (flags.sh === undefined ? undefined : "--sh") : "--exec";
  const { service, file, addressArguments: addressWords } = parseServeArguments(words, flags.unix === true);
  const what = program ?? file;
  if (what === undefined) {
    const chosen: ServiceEntry = service ?? (services[0] as ServiceEntry);
    return { service: chosen, addressArguments: addressWords, choose: () => serviceSource(chosen, flags) };
  }
  if (program !== undefined && (service?.name ?? file) !== undefined) {
    throw new UsageError(`${program} already says what to serve: leave out ${service?.name ?? file}`);
  }
  return {
    service: undefined,
    addressArguments: addressWords,
    choose: async (target) => {
      if (file === undefined) {
        return (await import("./exec/program-source.ts")).programSource(flags, target, terminal);
      }
      const { fileSource } = await import("./handler-file/file-source.ts");
      return fileSource(file, flags.watch === true, terminal);
    },
  };
}
