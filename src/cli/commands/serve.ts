/**
 * `portcall serve`: run a built-in service for many clients at once.
 */
import { formatAddress, formatTarget, type Address, type Target } from "../../base/address.ts";
import { NetError } from "../../base/errors.ts";
import type { Ending, SocketEvent } from "../../base/events.ts";
import { quote } from "../../base/quote.ts";
import { codecByName } from "../../codec/index.ts";
import { serve } from "../../net/index.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import type { Command } from "../command.ts";
import { exitOfEnding, exitOfError, type ExitName } from "../exit.ts";
import { describeEnding, nameOf, whyRefused } from "../narrate/verbose.ts";
import { createNarrator, narratorOptions } from "../narrator.ts";
import type { ParsedLine } from "../options.ts";
import { addressOf, placeOptions, placeToListen, readPlace } from "../places.ts";
import { Interruption, stop } from "../signals.ts";
import { choices, suggest } from "../../base/suggest.ts";
import type { Terminal } from "../terminal.ts";
import { asUsage, UsageError } from "../usage.ts";
import { addressBlocks, duration, text, wholeNumber } from "../values.ts";

const defaultPlace = ":8888";
const count = { placeholder: "<n>", read: wholeNumber(1) };

const options = {
  concurrency: { brief: "serve so many clients at once; the others wait their turn", value: count },
  connections: { brief: "end after so many clients", value: count },
  messages: { brief: "close each client after so many messages", value: count },
  backlog: {
    brief: "let so many clients wait in the system's queue",
    value: { placeholder: "<n>", read: wholeNumber(0) },
  },
  "per-source": { brief: "hold so many clients of one address at once", value: count },
  allow: {
    brief: "let in clients of these addresses only: 127.0.0.1,10.0.0.0/8",
    value: { placeholder: "<list>", read: addressBlocks },
  },
  deny: {
    brief: "let in no client of these addresses, though --allow has them",
    value: { placeholder: "<list>", read: addressBlocks },
  },
  welcome: {
    brief: "say this to each client first; '' says nothing",
    value: { placeholder: "<text>", read: text },
  },
  reply: {
    brief: "what the service reply answers; {line} stands for what came",
    value: { placeholder: "<text>", read: text },
  },
  frame: {
    brief: "how messages are cut: lines, crlf, raw, fixed:<n>, u16be, varint, delim:<text>",
    value: {
      placeholder: "<frame>",
      read: (typed: string, name: string) => asUsage(() => codecByName(text(typed, name))),
    },
  },
  timeout: {
    short: "w",
    brief: "close a client that is silent for so long (default 60s)",
    value: { placeholder: "<time>", read: duration },
  },
  drain: {
    brief: "at Ctrl-C, give clients so long to finish (default 15s)",
    value: { placeholder: "<time>", read: duration },
  },
  ...placeOptions,
  ...narratorOptions,
} as const;

export const serveCommand: Command = {
  name: "serve",
  brief: "run a built-in service for many clients at once",
  usage: ["[service] [address]", "[service] -U <path>"],
  about: `Serves every client that comes, all at the same time, until Ctrl-C. Without words it is
the service reply on 127.0.0.1:8888. \`:8888\` is heard by this machine only; 0.0.0.0:8888
and [::]:8888 are heard by everyone who can reach it.

Services:
${services.map(({ name, brief }) => `  ${name.padEnd(9)} ${brief}`).join("\n")}`,
  options,
  examples: [
    ["portcall serve", "a server to try with telnet 127.0.0.1 8888"],
    ["portcall serve echo :8888 --connections 1 --messages 1", "one client, one message, done"],
    ["portcall serve reply :5000 --concurrency 1 --backlog 10", "one client at a time"],
    ["portcall serve chargen unix:/tmp/chargen.sock", "the character generator on a Unix socket"],
  ],
  run,
};

async function run(
  { options: given, words }: ParsedLine<typeof options>,
  terminal: Terminal,
): Promise<ExitName> {
  const { entry, target } = readWords(words, given);
  const notTaken = (["welcome", "reply", "frame", "messages"] as const).find(
    (name) => given[name] !== undefined && !entry.takes.includes(name),
  );
  if (notTaken !== undefined) throw new UsageError(`the service ${entry.name} takes no --${notTaken}`);
  const byAddress = (["per-source", "allow", "deny"] as const).find((name) => given[name] !== undefined);
  if (target.scheme === "unix" && byAddress !== undefined) {
    throw new UsageError(`clients of a Unix socket have no address: leave out --${byAddress}`);
  }
  const service = entry.create({
    welcome: given.welcome,
    reply: given.reply,
    framing: given.frame,
    messagesMax: given.messages,
  });
  const narrator = createNarrator({ ...given, numbered: true }, terminal);
  const log = new ClientLog(terminal);
  const signals = new Interruption();
  try {
    const serving = serve(
      {
        ...placeToListen(target, given),
        codec: service.framing,
        concurrency: given.concurrency,
        acceptMax: given.connections,
        backlog: given.backlog,
        connectionsPerSourceMax: given["per-source"],
        allow: given.allow,
        deny: given.deny,
        refusal: "The server is full. Try again later.\n",
        ...service.options,
        ...(given.timeout === undefined
          ? {}
          : { firstByteTimeoutMs: given.timeout, idleTimeoutMs: given.timeout }),
        onBytes: narrator.observers.onBytes,
        onEvent: (event) => {
          narrator.observers.onEvent?.(event);
          if (!narrator.tellsAll) log.event(event);
          else log.remember(event);
        },
      },
      service.handle,
    );
    const server = await signals.before(serving);
    if (server === undefined) return "interrupted";
    terminal.say(howToTalk(entry.name, server.address));
    void signals.asked.then(() => stop(server, terminal, given.drain));
    await server.closed;
    signals.ignore();
    // Whoever asked for one client asked how it went; of many, each line said so.
    return given.connections === 1 && log.last !== undefined ? exitOfEnding(log.last) : "ok";
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await narrator.failed(error, addressOf(target));
    return exitOfError(error);
  }
}

/** A service, an address, both in that order, or neither. */
function readWords(
  words: readonly string[],
  given: Parameters<typeof readPlace>[1],
): { readonly entry: ServiceEntry; readonly target: Target } {
  const [first, second] = words;
  const entry = services.find(({ name }) => name === first);
  const place = entry === undefined ? words : words.slice(1);
  const names = services.map(({ name }) => name);
  const isHost = second !== undefined && /^[0-9]+$/.test(second) && suggest(first ?? "", names) === undefined;
  if (entry === undefined && given.unix !== true && !isHost && /^[a-z]+$/i.test(first ?? "")) {
    throw new UsageError(`there is no service ${quote(first ?? "")}${choices(first ?? "", names)}`);
  }
  if (entry === undefined && second !== undefined && names.includes(second)) {
    throw new UsageError(`the service comes first: ${second} ${first}`);
  }
  const target = readPlace(place.length === 0 && given.unix !== true ? [defaultPlace] : place, given, {
    listening: true,
  });
  return { entry: entry ?? (services[0] as ServiceEntry), target };
}

function howToTalk(service: string, address: Address): string {
  const how =
    address.family === "unix"
      ? `portcall connect ${formatTarget({ scheme: "unix", path: address.path })}`
      : `telnet ${address.host === "0.0.0.0" ? "127.0.0.1" : address.host === "::" ? "::1" : address.host} ${address.port}`;
  return `listening on ${formatAddress(address)} (${service}); try: ${how}`;
}

/** Says who comes and how each one left. */
class ClientLog {
  readonly #terminal: Terminal;
  readonly #names = new Map<number, string>();
  #last: Ending | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** How the last client's connection ended. */
  get last(): Ending | undefined {
    return this.#last;
  }

  /** Says what an event means to somebody who watches a server. */
  event(event: SocketEvent): void {
    if (event.type === "opened") {
      const name = nameOf(event.remote);
      this.#names.set(event.connection, name);
      this.#terminal.say(`connected with ${name}`);
    } else if (event.type === "closed") {
      const name = this.#names.get(event.connection) ?? "";
      this.#names.delete(event.connection);
      this.#terminal.say(`${name} left: ${describeEnding(event.ending)}`);
    } else if (event.type === "refused") {
      this.#terminal.say(`refused ${nameOf(event.remote)}: ${whyRefused(event)}`);
    } else if (event.type === "acceptFailed" || event.type === "handlerFailed") {
      this.#terminal.say(event.error.message);
    }
    this.remember(event);
  }

  /** Keeps what the exit code will need. */
  remember(event: SocketEvent): void {
    if (event.type === "closed") this.#last = event.ending;
  }
}
