/**
 * `portcall listen`: talk to clients by hand.
 */
import { settingNumber } from "../args/library-options.ts";
import { formatAddress, type Target } from "../../base/address/address.ts";
import { isGroup } from "../../base/address/ip.ts";
import { NetError } from "../../base/errors.ts";
import { raw, type Codec } from "../../codec/index.ts";
import { serve, type RawConnection, type ServeOptions, type Server } from "../../net/index.ts";
import type { Command } from "../command.ts";
import { errorLine } from "../error-line.ts";
import { relayStdio, type StdioRelayOptions } from "../session/stdio-relay.ts";
import { ClientHub } from "../session/client-hub.ts";
import { groupOptions } from "../session/udp/multicast.ts";
import { listenDatagrams } from "../session/udp/listen.ts";
import { endOptions, quitLingerMs, readEnds } from "../session/end-options.ts";
import { exitOfError, type ExitName } from "../exit.ts";
import type { Completion } from "../tty/console-command.ts";
import { interactiveChoices, interactiveOptions } from "../args/interactive-options.ts";
import { createReporter, reporterOptions } from "../report/reporter.ts";
import { forConnections, formOfWords, type Form } from "../args/forms.ts";
import { proxyProtocolOptions, readProxyProtocol } from "../args/proxy-protocol-options.ts";
import { tlsServerOptions } from "../args/tls-options.ts";
import type { ParsedLine } from "../args/options.ts";
import { addressOf, addressOptions, listenAddress, readAddress } from "../args/address-arguments.ts";
import { Interruption, stop } from "../signals.ts";
import type { Terminal } from "../tty/terminal.ts";

const options = {
  keep: { short: "k", brief: "keep listening: many clients at once, numbered" },
  connections: {
    unfit: { udp: forConnections },
    brief: "end after this many clients (default 1; with -k no limit)",
    ...settingNumber("acceptMax"),
  },
  backlog: {
    unfit: { udp: forConnections },
    brief: "let this many clients wait in the system's queue",
    ...settingNumber("backlog"),
  },
  timeout: {
    short: "w",
    brief: "close a connection after this long without a byte sent or received",
    ...settingNumber("inactivityTimeoutMs"),
  },
  "idle-timeout": { brief: "the same as -w", ...settingNumber("inactivityTimeoutMs") },
  ...proxyProtocolOptions,
  ...tlsServerOptions,
  ...groupOptions,
  ...endOptions,
  ...interactiveOptions,
  ...addressOptions,
  ...reporterOptions,
} as const;

export const listenCommand: Command = {
  name: "listen",
  brief: "talk to clients by hand",
  usage: ["[address]", "-U <path>", "-u [address]"],
  about: `Waits for one client, talks to it as \`connect\` talks to a server, and ends. With -k or
--connections it accepts several clients at once. Their lines are shown after their number,
\`[3] hello\`, and stdin goes to all of them. On a terminal, \`@3 hello\` goes to one client,
and \`/help\` lists more commands. Without an address it listens on a free port of 127.0.0.1.

With -u it waits for datagrams. The sender of the first one is the peer, and datagrams from
other senders are ignored; with -k all senders are shown, numbered, and each line goes to all of them. It ends after -w, or at
Ctrl-C. If the address is a multicast group, it joins the group, on --interface if given.`,
  options,
  examples: [
    ["portcall listen :8888", "wait for one client and talk to it"],
    ["portcall listen :9000 > file", "receive a file (send: portcall connect host 9000 < file)"],
    ["portcall listen -k :8888", "talk to every client that connects"],
  ],
  formOf,
  run,
};

/**
 * What a line does:
 *
 *     connection; unix; many                    with -k or --connections
 *     udp, udp listen; udp many                 with -k
 *     no group                                  where no multicast group is joined
 */
function formOf(line: Line): Form {
  const { keep } = line.options;
  const target = targetOf(line);
  if (target.scheme !== "udp") {
    return formOfWords([
      "connection",
      target.scheme === "unix" && "unix",
      clientsMax(line.options) > 1 && "many",
      "no group",
    ]);
  }
  return formOfWords(["udp", "udp listen", keep === true && "udp many", !isGroup(target.host) && "no group"]);
}

type Line = ParsedLine<typeof options>;

function targetOf({ options: given, words }: Line): Target {
  const named = words.length === 0 && given.unix !== true ? [":0"] : words;
  return readAddress(named, given, { listening: true });
}

function clientsMax({ connections, keep }: Line["options"]): number {
  return connections ?? (keep === true ? Infinity : 1);
}

async function run({ options: given, words }: Line, terminal: Terminal): Promise<ExitName> {
  const target = targetOf({ options: given, words });
  if (target.scheme === "udp") return listenDatagrams(target, given, terminal);
  const clients = clientsMax(given);
  const reporter = createReporter({ ...given, numbered: clients > 1 }, terminal);
  const ends = readEnds(given);
  const tls =
    given.tls === true ? (await import("../tls/server-options.ts")).readServerTls(given) : undefined;
  const settings = {
    ...listenAddress(target, given),
    engine: given.engine,
    codec: raw(),
    acceptMax: clients,
    // With a single client, no descriptors need to stay free.
    ...(clients === 1 ? { descriptorReserve: 0 } : {}),
    backlog: given.backlog,
    proxyProtocol: readProxyProtocol(given, target.scheme === "unix"),
    tls,
    firstByteTimeoutMs: Infinity,
    idleTimeoutMs: Infinity,
    inactivityTimeoutMs: given["idle-timeout"] ?? given.timeout ?? Infinity,
    halfCloseTimeoutMs: Infinity,
    ...(given.quit === undefined ? {} : { lingerTimeoutMs: quitLingerMs }),
    // How a connection closed is reported elsewhere. A failed accept has no connection, so it is reported here.
    onError: (error: NetError, connection: RawConnection | undefined) => {
      if (connection === undefined && !reporter.reportsAll) terminal.say(errorLine(error));
    },
    ...reporter.observers,
  };
  const listening = (server: Server): void => {
    if (target.scheme === "tcp" && target.port === 0) {
      terminal.say(`listening on ${formatAddress(server.address)}`);
    }
  };
  try {
    const talk = { terminal, reporter, listening, ends, ...interactiveChoices(given) };
    return await (clients === 1 ? talkToOne(settings, talk) : talkToMany(settings, talk));
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await reporter.failed(error, addressOf(target));
    return exitOfError(error);
  }
}

type Settings = ServeOptions<Uint8Array, Uint8Array> & { readonly codec: Codec<Uint8Array> };

interface Talk extends StdioRelayOptions {
  readonly terminal: Terminal;
  readonly listening: (server: Server) => void;
}

async function talkToOne(settings: Settings, { terminal, listening, ...talk }: Talk): Promise<ExitName> {
  let talked: Promise<ExitName> | undefined;
  const signals = new Interruption();
  const server = await signals.before(
    serve(
      // The client may read slowly: no other client has to wait for it.
      { ...settings, writeStallTimeoutMs: Infinity },
      async (client) => {
        talked = relayStdio(client, terminal, talk);
        await talked;
      },
    ),
  );
  if (server === undefined) return "interrupted";
  listening(server);
  void signals.requested.then(() => server.close({ drainMs: 0 }));
  await server.closed;
  signals.ignore();
  // The connection can be closed while received bytes still wait to be printed.
  return talked ?? "interrupted";
}

async function talkToMany(settings: Settings, { terminal, listening, ...talk }: Talk): Promise<ExitName> {
  let exit: ExitName = "ok";
  let quitting = false;
  const hub = new ClientHub(terminal, talk);
  const signals = new Interruption();
  const server = await signals.before(serve(settings, (client) => hub.join(client)));
  if (server === undefined) return "interrupted";
  listening(server);
  void signals.requested.then(() => {
    if (!quitting) exit = "interrupted";
    hub.finishSending();
    return stop(server, terminal);
  });
  void terminal.stdoutBroken.then(() => server.close({ drainMs: 0 }));
  const interrupt = (): void => {
    process.kill(process.pid, "SIGINT");
  };
  const quit = (): void => {
    quitting = true;
    terminal.release();
    interrupt();
  };
  const talked =
    terminal.isInteractive && talk.ends.sends
      ? talkByHand(hub, terminal, { history: talk.history, interrupt, quit })
      : hub.sendInput();
  void talked.then((failure) => {
    exit = failure ?? exit;
  });
  await server.closed;
  await hub.printed();
  signals.ignore();
  terminal.release();
  if (terminal.stdoutIsBroken) return terminal.brokenStdout();
  return exit === "ok" && !quitting ? hub.exit : exit;
}

interface Hands {
  readonly history: boolean;
  /** Ctrl-C. */
  readonly interrupt: () => void;
  readonly quit: () => void;
}

/** Carries out what is typed on a terminal, until Ctrl-D; then sends FIN to all clients. */
async function talkByHand(
  hub: ClientHub,
  terminal: Terminal,
  { history, interrupt, quit }: Hands,
): Promise<undefined> {
  const { completeConsoleCommand, ClientConsole } = await import("../session/client-console.ts");
  const complete = (before: string): Completion => completeConsoleCommand(before, [...hub.clients.keys()]);
  let stopping = false;
  const stopBy = (ask: () => void) => (): void => {
    stopping = true;
    ask();
  };
  await terminal.interact({ history, prompt: "> ", complete, interrupted: stopBy(interrupt) });
  await new ClientConsole({ terminal, room: hub, quit: stopBy(quit) }).serve(terminal.input());
  // Whatever stops it also reports what it waits for.
  if (stopping) return;
  terminal.say("sent FIN to all clients; new clients get FIN at once; Ctrl-C stops");
  hub.finishSending();
}
