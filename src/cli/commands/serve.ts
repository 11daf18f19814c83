/**
 * `portcall serve`: serve many clients at once, with a service, a program or a handler file.
 */
import { formatAddress, formatTarget, type Address } from "../../base/address/address.ts";
import { NetError } from "../../base/errors.ts";
import type { SocketEvent } from "../../base/events.ts";
import { codecByName, codecNames } from "../../codec/index.ts";
import { services } from "../../services/index.ts";
import { chooseEngine, whyNoEpoll, type EngineChoice } from "../../wire/index.ts";
import { ClientLog } from "../report/client-log.ts";
import type { Command } from "../command.ts";
import { groupOptions, refuseInterface } from "../session/udp/multicast.ts";
import { rateOptions, serveDatagrams } from "../serve/udp.ts";
import { exitOfClose, exitOfError, type ExitName } from "../exit.ts";
import { createReporter, reporterOptions } from "../report/reporter.ts";
import type { ParsedLine } from "../args/options.ts";
import { addressOf, addressOptions, listenAddress, readAddress } from "../args/address-arguments.ts";
import type { HeldAddress } from "../system/port-holder.ts";
import { chooseHandlerSource } from "../serve/choose.ts";
import { refuseBesideDescriptor } from "../serve/descriptor.ts";
import type { ClientSetup, HandlerSource, ServerOptions } from "../serve/handler-source.ts";
import { Interruption, stop } from "../signals.ts";
import { listenToTelnet } from "../session/telnet.ts";
import type { Terminal } from "../tty/terminal.ts";
import { asUsage, UnfittingOption } from "../usage.ts";
import { addressBlocks, duration, text, wholeNumber } from "../args/values.ts";

const defaultPlace = ":8888";
const rateIsForDatagrams = "--rate is for datagrams (-u)";
const count = { placeholder: "<n>", read: wholeNumber(1) };
const asTyped = (typed: string): string => typed;

const options = {
  exec: {
    lineOnly: true,
    brief: "run this program for each client; its stdin and stdout are the connection",
    value: { placeholder: "<command>", read: asTyped },
  },
  sh: {
    lineOnly: true,
    brief: "the same for a line of the shell",
    value: { placeholder: "<line>", read: asTyped },
  },
  "allow-remote": { lineOnly: true, brief: "let --exec and --sh be used from other machines" },
  "allow-browsers": {
    lineOnly: true,
    brief: "let --exec and --sh be used from web browsers, and so by every page that one shows",
  },
  watch: { brief: "serve new clients with the handler file as it is now, whenever it changes" },
  concurrency: {
    brief: "serve so many clients at once (programs: 100); the others wait their turn",
    value: count,
  },
  connections: { brief: "end after so many clients", value: count },
  messages: {
    brief:
      "close each client after so many messages (lines, unless --frame is given); with -u, end after so many datagrams",
    value: count,
  },
  backlog: {
    brief: "let so many clients wait in the system's queue",
    value: { placeholder: "<n>", read: wholeNumber(0) },
  },
  fd: {
    lineOnly: true,
    brief: "listen on this descriptor, which systemd (3) or a parent has bound",
    value: { placeholder: "<n>", read: wholeNumber(0) },
  },
  "reuse-port": { brief: "share the port with other servers that do so too (Linux)" },
  "per-source": { brief: "hold so many clients of one address at once", value: count },
  allow: {
    brief: "accept only these client addresses or CIDR blocks: 127.0.0.1,10.0.0.0/8; may be repeated",
    value: { placeholder: "<list>", read: addressBlocks, accumulates: "line" },
  },
  deny: {
    brief: "reject these client addresses or CIDR blocks, even if --allow names them; may be repeated",
    value: { placeholder: "<list>", read: addressBlocks, accumulates: "everywhere" },
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
    brief: `how messages are cut: ${codecNames.join(", ")}`,
    value: {
      placeholder: "<frame>",
      read: (typed: string, name: string) => asUsage(() => codecByName(text(typed, name), "bytes")),
    },
  },
  telnet: { brief: "speak telnet with the clients: the service sees none of its commands" },
  timeout: {
    short: "w",
    brief: "close a client that is silent for so long (default 60s)",
    value: { placeholder: "<time>", read: duration },
  },
  drain: {
    brief: "at Ctrl-C, give clients so long to finish (default 15s)",
    value: { placeholder: "<time>", read: duration },
  },
  ...rateOptions,
  ...groupOptions,
  ...addressOptions,
  ...reporterOptions,
} as const;

export const serveCommand: Command = {
  name: "serve",
  brief: "serve many clients at once: a service, a program, a handler of your own",
  usage: [
    "[service] [address]",
    "--exec <command> [address]",
    "./<handler file> [address]",
    "[service] -U <path>",
    "[service] --fd <n>",
    "-u [service] [address]",
  ],
  about: `Serves every client that comes, all at the same time, until Ctrl-C. Without words it is
the service reply on 127.0.0.1:8888. \`:8888\` is heard by this machine only; 0.0.0.0:8888
and [::]:8888 are heard by everyone who can reach it. With -u it answers datagrams: each
source so many a second, none at a port below 1024, and none with much more than it sent.

Services:
${services.map(({ name, brief }) => `  ${name.padEnd(9)} ${brief}`).join("\n")}

A program gets a clean environment, and the client's address in PORTCALL_REMOTE_ADDRESS
and PORTCALL_REMOTE_PORT. --exec cuts its words at spaces, with quotes and backslashes as
in a shell; variables, patterns and pipes need --sh. A handler file exports what \`serve\`
of the library takes: a function as its default, or \`{ options, handler }\`.`,
  options,
  examples: [
    ["portcall serve", "a server to try with telnet 127.0.0.1 8888"],
    ["portcall serve echo :8888 --connections 1 --messages 1", "one client, one message, done"],
    ["portcall serve reply :5000 --concurrency 1 --backlog 10", "one client at a time"],
    ["portcall serve chat 0.0.0.0:8888", "a chat room for everyone on this network"],
    ["portcall serve --exec bc :8888", "a calculator: one process for each client"],
    ["portcall serve ./handler.ts --watch", "your own handler, as you write it"],
    ["portcall serve --telnet :2323", "for telnet clients that negotiate, as on port 23"],
    ["portcall serve chargen unix:/tmp/chargen.sock", "the character generator on a Unix socket"],
    ["portcall serve echo --fd 3", "the same, started by systemd when a client comes"],
  ],
  run,
};

async function run({ options: given, words }: Line, terminal: Terminal): Promise<ExitName> {
  const { service, place, choose } = chooseHandlerSource(words, given, terminal);
  if (given["reuse-port"] === true) requireSharing(given.engine);
  if (given.fd !== undefined) {
    refuseBesideDescriptor(place, given);
    if (given.rate !== undefined) throw new UnfittingOption("rate", rateIsForDatagrams);
    refuseInterface(given);
    return serveSource(await choose(undefined), { fd: given.fd }, undefined, given, terminal);
  }
  const isNamed = place.length > 0 || given.unix === true;
  const target = readAddress(isNamed ? place : [defaultPlace], given, { listening: true });
  if (target.scheme === "udp") return serveDatagrams(service, target, given, terminal);
  if (given.rate !== undefined) throw new UnfittingOption("rate", rateIsForDatagrams);
  refuseInterface(given);
  if (target.scheme === "unix" && given["reuse-port"] === true) {
    throw new UnfittingOption("reuse-port", "a Unix socket has no port: leave out --reuse-port");
  }
  const byAddress = (["per-source", "allow", "deny"] as const).find((name) => given[name] !== undefined);
  if (target.scheme === "unix" && byAddress !== undefined) {
    const message = `clients of a Unix socket have no address: leave out --${byAddress}`;
    throw new UnfittingOption(byAddress, message);
  }
  const source = await choose(target);
  if (!isNamed && namesAddress(source)) return serveSource(source, {}, undefined, given, terminal);
  const where = { ...nowhere, ...listenAddress(target, given) };
  return serveSource(source, where, addressOf(target), given, terminal);
}

/** @throws {UsageError} where the engine that is asked for, or the one there is, cannot share a port. */
function requireSharing(engine: EngineChoice | undefined): void {
  if (chooseEngine(engine ?? "auto").options.includes("reusePort")) return;
  const whyNot = whyNoEpoll();
  const hint = whyNot === undefined ? "" : `, which does not work here: ${whyNot}`;
  throw new UnfittingOption(["reuse-port", "engine"], `--reuse-port needs the epoll engine${hint}`);
}

/** What an offer may say of where to listen, left out. */
const nowhere = { host: undefined, port: undefined, path: undefined, fd: undefined };

/** Whether the offer says itself where to listen. */
function namesAddress({ options: { host, port, path, fd } }: HandlerSource): boolean {
  return (host ?? port ?? path ?? fd) !== undefined;
}

type Line = ParsedLine<typeof options>;

/** Serves until the end: at `place`, or where the offer says. `address` is that place, for what goes wrong there. */
async function serveSource(
  source: HandlerSource,
  place: ServerOptions,
  address: HeldAddress | undefined,
  given: Line["options"],
  terminal: Terminal,
): Promise<ExitName> {
  const reporter = createReporter({ ...given, numbered: true }, terminal);
  const log = new ClientLog(terminal, source.locationOfError);
  const signals = new Interruption();
  const settings: ServerOptions = {
    refusal: "The server is full. Try again later.\n",
    ...source.options,
    ...place,
    ...whatIsGiven({
      engine: given.engine,
      reusePort: given["reuse-port"],
      concurrency: given.concurrency,
      acceptMax: given.connections,
      backlog: given.backlog,
      connectionsPerSourceMax: given["per-source"],
      allow: given.allow,
      deny: given.deny,
      firstByteTimeoutMs: given.timeout,
      idleTimeoutMs: given.timeout,
    }),
    onBytes: both(reporter.observers.onBytes, source.options.onBytes),
    onEvent: (event: SocketEvent) => {
      reporter.observers.onEvent?.(event);
      if (reporter.tellsAll) log.remember(event);
      else log.event(event);
      source.options.onEvent?.(event);
    },
  };
  try {
    const meet: ClientSetup | undefined =
      given.telnet === true ? (client) => listenToTelnet(client, reporter) : undefined;
    const server = await signals.before(source.begin(settings, meet));
    if (server === undefined) return "interrupted";
    terminal.say(howToTalk(source.name, server.address));
    void signals.asked.then(() => stop(server, terminal, given.drain));
    await server.closed;
    // Whoever asked for one client asked how it went; of many, each line said so.
    return given.connections === 1 && log.last !== undefined ? exitOfClose(log.last) : "ok";
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await reporter.failed(error, address);
    return exitOfError(error);
  } finally {
    await source.end?.();
    signals.ignore();
  }
}

/** Calls one observer after the other; `undefined` if there is none. */
function both<Event>(
  first: ((event: Event) => void) | undefined,
  second: ((event: Event) => void) | undefined,
): ((event: Event) => void) | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return (event) => {
    first(event);
    second(event);
  };
}

/** The options that have a value: one that was not given leaves what the offer says. */
function whatIsGiven(all: ServerOptions): ServerOptions {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function howToTalk(name: string, address: Address): string {
  const how =
    address.family === "unix"
      ? `portcall connect ${formatTarget({ scheme: "unix", path: address.path })}`
      : `telnet ${address.host === "0.0.0.0" ? "127.0.0.1" : address.host === "::" ? "::1" : address.host} ${address.port}`;
  return `listening on ${formatAddress(address)} (${name}); try: ${how}`;
}
