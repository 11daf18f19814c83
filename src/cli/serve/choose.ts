/**
 * Which offer a command line of `serve` asks for.
 */
import type { Target } from "../../base/address/address.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import type { ExecFlags } from "./exec/program-source.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UsageError } from "../usage.ts";
import type { HandlerSource } from "./handler-source.ts";
import { serviceSource, type ServiceFlags } from "./service-source.ts";
import { readWords } from "./words.ts";

/** What decides, of all that the command line can say. */
export interface ServeFlags extends ServiceFlags, ExecFlags {
  readonly unix?: true;
  readonly watch?: true;
}

export interface Choice {
  /** The service, if it is one. */
  readonly service: ServiceEntry | undefined;
  /** The words that say where to listen. */
  readonly place: readonly string[];
  /** Makes the offer, for that place, or for a socket that somebody else has bound; what a program or a file needs is loaded now. */
  readonly choose: (target: Target | undefined) => Promise<HandlerSource> | HandlerSource;
}

/** @throws {UsageError} for what cannot be asked for together. */
export function chooseHandlerSource(words: readonly string[], flags: ServeFlags, terminal: Terminal): Choice {
  const program = flags.exec === undefined ? (flags.sh === undefined ? undefined : "--sh") : "--exec";
  const { service, file, place } = readWords(words, flags.unix === true);
  const what = program ?? file;
  if (what === undefined) {
    const chosen: ServiceEntry = service ?? (services[0] as ServiceEntry);
    return { service: chosen, place, choose: () => serviceSource(chosen, flags) };
  }
  if (program !== undefined && (service?.name ?? file) !== undefined) {
    throw new UsageError(`${program} says what to serve; ${service?.name ?? file} is one thing too many`);
  }
  return {
    service: undefined,
    place,
    choose: async (target) => {
      if (file === undefined) {
        return (await import("./exec/program-source.ts")).programSource(flags, target, terminal);
      }
      const { fileSource } = await import("./handler-file/file-source.ts");
      return fileSource(file, flags.watch === true, terminal);
    },
  };
}
