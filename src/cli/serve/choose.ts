/**
 * Which offer a command line of `serve` asks for.
 */
import type { Target } from "../../base/address/address.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import type { ExecWishes } from "./exec/program-source.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UnfittingOption, UsageError } from "../usage.ts";
import type { Offer } from "./handler-source.ts";
import { serviceOffer, serviceWishes, type ServiceWishes } from "./service-source.ts";
import { readWords } from "./words.ts";

/** What decides, of all that the command line can say. */
export interface Wishes extends ServiceWishes, ExecWishes {
  readonly unix?: true;
  readonly watch?: true;
}

export interface Choice {
  /** The service, if it is one. */
  readonly service: ServiceEntry | undefined;
  /** The words that say where to listen. */
  readonly place: readonly string[];
  /** Makes the offer, for that place, or for a socket that somebody else has bound; what a program or a file needs is loaded now. */
  readonly choose: (target: Target | undefined) => Promise<Offer> | Offer;
}

/** @throws {UsageError} for what cannot be asked for together. */
export function chooseOffer(words: readonly string[], wishes: Wishes, terminal: Terminal): Choice {
  const program = wishes.exec === undefined ? (wishes.sh === undefined ? undefined : "--sh") : "--exec";
  const forPrograms = (["allow-remote", "allow-browsers"] as const).find((name) => wishes[name] === true);
  if (forPrograms !== undefined && program === undefined) {
    throw new UsageError(`--${forPrograms} is for --exec and --sh`);
  }
  const { service, file, place } = readWords(words, wishes.unix === true);
  if (wishes.watch === true && file === undefined) {
    throw new UnfittingOption("watch", "--watch is for a handler file, as in ./handler.ts");
  }
  const what = program ?? file;
  if (what === undefined) {
    const chosen: ServiceEntry = service ?? (services[0] as ServiceEntry);
    return { service: chosen, place, choose: () => serviceOffer(chosen, wishes) };
  }
  if (program !== undefined && (service?.name ?? file) !== undefined) {
    throw new UsageError(`${program} says what to serve; ${service?.name ?? file} is one thing too many`);
  }
  const notTaken = serviceWishes.find((name) => wishes[name] !== undefined);
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
        return (await import("./exec/program-source.ts")).execOffer(wishes, target, terminal);
      }
      const { fileOffer } = await import("./handler-file/file-source.ts");
      return fileOffer(file, wishes.watch === true, terminal);
    },
  };
}
