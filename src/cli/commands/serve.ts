/**
 * `portcall serve`: serve many clients at once, with a service, a program or a handler file.
 */
import { defaultTime, setting, settingNumber, typedTime } from "../args/library-options.ts";
import { limits } from "../../base/limits.ts";
import { formatAddress, formatTarget, type Address, type TcpAddress } from "../../base/address/address.ts";
import { NetError } from "../../base/errors.ts";
import type { SocketEvent } from "../../base/events.ts";
import { codecByName, codecNames } from "../../codec/index.ts";
import { services } from "../../services/index.ts";
import { ClientLog } from "../report/client-log.ts";
import type { Command } from "../command.ts";
import { groupOptions } from "../session/udp/multicast.ts";
import { rateOptions, serveDatagrams } from "../serve/udp.ts";
import { exitOfClose, exitOfError, type ExitName } from "../exit.ts";
import { createReporter, reporterOptions } from "../report/reporter.ts";
import { excludeEachOther, forConnections } from "../args/forms.ts";
import type { OptionRow, ParsedLine } from "../args/options.ts";
import {
  addressOf,
  addressOptions,
  besideDescriptor,
  listenAddress,
  needsSharedPorts,
} from "../args/address-arguments.ts";
import { proxyProtocolOptions, readProxyProtocol } from "../args/proxy-protocol-options.ts";
import { tlsServerOptions } from "../args/tls-options.ts";
import type { HeldAddress } from "../system/port-holder.ts";
import { chooseHandlerSource } from "../serve/choose.ts";
import { formOfServe, serveTarget } from "../serve/form.ts";
import type { ClientSetup, HandlerSource, ServerOptions } from "../serve/handler-source.ts";
import { Interruption, stop } from "../signals.ts";
import { listenToTelnet } from "../session/telnet.ts";
import type { Terminal } from "../tty/terminal.ts";
import { asUsage, UsageError } from "../usage.ts";
import { addressBlocks, duration, text, wholeNumber } from "../args/values.ts";

/** Reasons of options that turn clients away: to leave them out in silence would let these in. */
const forClients = {
  udp: { why: forConnections, always: true },
  unix: "clients of a Unix socket have no address: leave out %",
} as const;
const isForServices = "% is for services; $ takes none";
const forServices = (flag: string): OptionRow<never>["unfit"] & {} => ({
  program: isForServices,
  file: isForServices,
  [`no ${flag}`]: "the service $ takes no %",
});
const count = { placeholder: "<n>", read: wholeNumber(1) };
const asTyped = (typed: string): string => typed;

const options = {
  exec: {
    unfit: { udp: forConnections },
    excludes: { sh: excludeEachOther },
    lineOnly: true,
    brief: "run this program for each client, with the connection as its stdin and stdout",
    value: { placeholder: "<command>", read: asTyped },
  },
  sh: {
    unfit: { udp: forConnections },
    lineOnly: true,
    brief: "run this shell command line for each client",
    value: { placeholder: "<line>", read: asTyped },
  },
  "allow-remote": {
    unfit: { udp: forConnections },
    needs: ["exec", "sh"],
    lineOnly: true,
    brief: "allow other machines to use --exec and --sh",
  },
  "allow-browsers": {
    unfit: { udp: forConnections },
    needs: ["exec", "sh"],
    lineOnly: true,
    brief: "allow web browsers, and so any page that they show, to use --exec and --sh",
  },
  watch: {
    unfit: { udp: forConnections, "no file": "% is for a handler file, as in ./handler.ts" },
    brief: "reload the handler file when it changes; new clients get the new version",
  },
  concurrency: {
    unfit: { udp: forConnections },
    brief: "serve this many clients at once (programs: 100); further clients wait in the queue",
    ...settingNumber("concurrency"),
  },
  connections: {
    unfit: { udp: forConnections },
    brief: "end after this many clients",
    ...settingNumber("acceptMax"),
  },
  messages: {
    unfit: forServices("messages"),
    brief:
      "close each client after this many messages (lines, unless --frame is given); with -u, end after this many datagrams",
    value: count,
  },
  backlog: {
    unfit: { udp: forConnections },
    brief: "let this many clients wait in the system's queue",
    ...settingNumber("backlog"),
  },
  fd: {
    unfit: { udp: forConnections },
    lineOnly: true,
    brief: "listen on this descriptor, already bound by systemd (3) or a parent process",
    ...settingNumber("fd"),
  },
  "reuse-port": {
    ...setting("reusePort"),
    unfit: {
      udp: forConnections,
      ...besideDescriptor,
      "no shared ports": needsSharedPorts,
      unix: "a Unix socket has no port: leave out %",
    },
    brief: "share the port with other servers that set this option too (Linux)",
  },
  "per-source": {
    unfit: forClients,
    brief: "accept at most this many clients at once from one address",
    ...settingNumber("connectionsPerSourceMax"),
  },
  allow: {
    ...setting("allow"),
    unfit: forClients,
    brief: "accept only these client addresses or CIDR blocks: 127.0.0.1,10.0.0.0/8; may be repeated",
    value: { placeholder: "<list>", read: addressBlocks, accumulates: "line" },
  },
  deny: {
    ...setting("deny"),
    unfit: forClients,
    brief: "reject these client addresses or CIDR blocks, even if --allow names them; may be repeated",
    value: { placeholder: "<list>", read: addressBlocks, accumulates: "everywhere" },
  },
  ...proxyProtocolOptions,
  ...tlsServerOptions,
  welcome: {
    unfit: { udp: forConnections, ...forServices("welcome") },
    brief: "send this to each new client; '' sends nothing",
    value: { placeholder: "<text>", read: text },
  },
  reply: {
    unfit: forServices("reply"),
    brief: "the answer of the service reply; {line} stands for the received line",
    value: { placeholder: "<text>", read: text },
  },
  frame: {
    unfit: { udp: forConnections, ...forServices("frame") },
    brief: `how messages are cut: ${codecNames.join(", ")}`,
    value: {
      placeholder: "<frame>",
      read: (typed: string, name: string) => asUsage(() => codecByName(text(typed, name), "bytes")),
    },
  },
  telnet: {
    unfit: { udp: forConnections },
    brief: "negotiate telnet with the clients, and hide its commands from the service",
  },
  timeout: {
    unfit: { udp: forConnections },
    short: "w",
    brief: `close a client that is silent for this long (default ${defaultTime("idleTimeoutMs", "serve")})`,
    ...settingNumber("idleTimeoutMs", "firstByteTimeoutMs"),
  },
  drain: {
    unfit: { udp: forConnections },
    brief: `at Ctrl-C or SIGTERM, give clients this long to finish (default ${typedTime(limits.drainMs.value)})`,
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
  about: `Serves all clients at the same time, until Ctrl-C. Without arguments it runs the service reply
on 127.0.0.1:8888. \`:8888\` accepts connections from this machine only; 0.0.0.0:8888 and
[::]:8888 also accept them from other machines. With -u it answers datagrams. It limits the
answers per source and their length, and answers no source with a port below 1024.

Services:
${services.map(({ name, brief }) => `  ${name.padEnd(9)} ${brief}`).join("\n")}

A program gets a clean environment, and the client's address in PORTCALL_REMOTE_ADDRESS
and PORTCALL_REMOTE_PORT. --exec splits its text at spaces, with quotes and backslashes as
in a shell. Variables, patterns and pipes need --sh. A handler file exports what \`serve\`
of the library takes: a function as its default, or \`{ options, handler }\`.`,
  options,
  examples: [
    ["portcall serve", "a server to try with telnet 127.0.0.1 8888"],
    ["portcall serve echo :8888 --connections 1 --messages 1", "one client, one message, done"],
    ["portcall serve reply :5000 --concurrency 1 --backlog 10", "one client at a time"],
    ["portcall serve chat 0.0.0.0:8888", "a chat room for everyone on this network"],
    ["portcall serve --exec bc :8888", "a calculator: one process for each client"],
    ["portcall serve ./handler.ts --watch", "your own handler, as you write it"],
    [
      "portcall serve echo --tls --cert cert.pem --key key.pem :8443",
      "speak TLS; SIGHUP reads the files again",
    ],
    ["portcall serve --telnet :2323", "for telnet clients that negotiate, as on port 23"],
    ["portcall serve chargen unix:/tmp/chargen.sock", "the character generator on a Unix socket"],
    ["portcall serve echo --fd 3", "the same, started by systemd when a client connects"],
  ],
  formOf: ({ options: given, words }) => formOfServe(words, given),
  run,
};

async function run({ options: given, words }: Line, terminal: Terminal): Promise<ExitName> {
  const { service, addressArguments: addressWords, choose } = chooseHandlerSource(words, given, terminal);
  if (given.fd !== undefined) {
    const [word] = addressWords;
    if (word !== undefined) throw new UsageError(`--fd is a socket that has an address: leave out ${word}`);
    return serveSource(await choose(undefined), { fd: given.fd }, undefined, given, terminal);
  }
  const target = serveTarget(addressWords, given);
  if (target.scheme === "udp") return serveDatagrams(service, target, given, terminal);
  const source = await choose(target);
  const isNamed = addressWords.length > 0 || given.unix === true;
  if (!isNamed && namesAddress(source)) return serveSource(source, {}, undefined, given, terminal);
  const where = { ...nowhere, ...listenAddress(target, given) };
  return serveSource(source, where, addressOf(target), given, terminal);
}

/** The options of a handler source that say where to listen, left out. */
const nowhere = { host: undefined, port: undefined, path: undefined, fd: undefined };

/** Whether the handler source itself says where to listen. */
function namesAddress({ options: { host, port, path, fd } }: HandlerSource): boolean {
  return (host ?? port ?? path ?? fd) !== undefined;
}

type Line = ParsedLine<typeof options>;

/**
 * Serves until the end, at `bindTarget`, or where the handler source says. Failures are reported for `address`.
 */
async function serveSource(
  source: HandlerSource,
  bindTarget: ServerOptions,
  address: HeldAddress | undefined,
  given: Line["options"],
  terminal: Terminal,
): Promise<ExitName> {
  const reporter = createReporter({ ...given, numbered: true }, terminal);
  const log = new ClientLog(terminal, source.locationOfError);
  const signals = new Interruption();
  const proxyProtocol = readProxyProtocol(given, bindTarget.path !== undefined);
  const tlsOfLine = given.tls === true ? await import("../tls/server-options.ts") : undefined;
  const settings: ServerOptions = {
    refusal: "The server is full. Try again later.\n",
    ...source.options,
    ...bindTarget,
    ...whatIsGiven({
      engine: given.engine,
      reusePort: given["reuse-port"],
      concurrency: given.concurrency,
      acceptMax: given.connections,
      backlog: given.backlog,
      connectionsPerSourceMax: given["per-source"],
      allow: given.allow,
      deny: given.deny,
      proxyProtocol,
      tls: tlsOfLine?.readServerTls(given),
      firstByteTimeoutMs: given.timeout,
      idleTimeoutMs: given.timeout,
    }),
    onBytes: both(reporter.observers.onBytes, source.options.onBytes),
    onEvent: (event: SocketEvent) => {
      reporter.observers.onEvent?.(event);
      if (reporter.reportsAll) log.remember(event);
      else log.event(event);
      source.options.onEvent?.(event);
    },
  };
  try {
    const meet: ClientSetup | undefined =
      given.telnet === true ? (client) => listenToTelnet(client, reporter) : undefined;
    const server = await signals.before(source.begin(settings, meet));
    if (server === undefined) return "interrupted";
    tlsOfLine?.reloadOnHangUp(server, given, terminal);
    terminal.say(howToTalk(source.name, server.address, settings.tls !== undefined));
    void signals.requested.then(() => stop(server, terminal, given.drain));
    await server.closed;
    // An aborted client may have lost data, so an exit of 0 would hide it.
    if (log.drainAborted) return "interrupted";
    // With one client, its close decides the exit; with many, each had its own line.
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

/** The options that have a value; one that was not given keeps the handler source's. */
function whatIsGiven(all: ServerOptions): ServerOptions {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function howToTalk(name: string, address: Address, isTls: boolean): string {
  const how =
    address.family === "unix"
      ? `portcall connect ${isTls ? "--tls " : ""}${formatTarget({ scheme: "unix", path: address.path })}`
      : howToReach(address, isTls);
  return `listening on ${formatAddress(address)} (${name}); try: ${how}`;
}

function howToReach({ host: bound, port }: TcpAddress, isTls: boolean): string {
  const host = bound === "0.0.0.0" ? "127.0.0.1" : bound === "::" ? "::1" : bound;
  return isTls ? `portcall connect ${formatTarget({ scheme: "tls", host, port })}` : `telnet ${host} ${port}`;
}
