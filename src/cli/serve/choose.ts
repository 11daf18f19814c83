/**
 * Which offer a command line of `serve` asks for.
 */
import type { Target } from "../../base/address/address.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import type { ExecFlags } from "./exec/program-source.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UnfittingOption, UsageError } from "../usage.ts";
import type { HandlerSource } from "./handler-source.ts";
import { serviceSource, serviceFlags, type ServiceFlags } from "./service-source.ts";
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
  const forPrograms = (["allow-remote", "allow-browsers"] as const).find((name) => flags[name] === true);
  if (forPrograms !== undefined && program === undefined) {
    throw new UsageError(`--${forPrograms} is for --exec and --sh`);
  }
  const { service, file, place } = readWords(words, flags.unix === true);
  if (flags.watch === true && file === undefined) {
    throw new UnfittingOption("watch", "--watch is for a handler file, as in ./handler.ts");
  }
  const what = program ?? file;
  if (what === undefined) {
    const chosen: ServiceEntry = service ?? (services[0] as ServiceEntry);
    return { service: chosen, place, choose: () => serviceSource(chosen, flags) };
  }
  if (program !== undefined && (service?.name ?? file) !== undefined) {
    throw new UsageError(`${program} says what to serve; ${service?.name ?? file} is one thing too many`);
  }
  const notTaken = serviceFlags.find((name) => flags[name] !== undefined);
  if (notTaken !== undefined) {
    throw new UnfittingOption(
      notTaken,
      `--${notTaken} is for services; ${program ?? "a handler file"} takes none`,
    );
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
