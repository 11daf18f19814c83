/**
 * `portcall connect`: talk to a server.
 */
import { setting, settingNumber } from "../args/library-options.ts";
import { tcpAddress, type Target } from "../../base/address/address.ts";
import { systemClock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { parseProxy } from "../../base/address/proxy.ts";
import {
  connector,
  createSystemResolver,
  type Connection,
  type Family,
  type TlsClientOptions,
} from "../../net/index.ts";
import type { Command } from "../command.ts";
import { relayStdio } from "../session/stdio-relay.ts";
import { connectDatagrams, datagramOptions, checkThatItAnswers } from "../session/udp/connect.ts";
import { endOptions, quitLingerMs, readEnds } from "../session/end-options.ts";
import { exitOfError, type ExitName } from "../exit.ts";
import { interactiveChoices, interactiveOptions } from "../args/interactive-options.ts";
import { createReporter, reporterOptions } from "../report/reporter.ts";
import type { OptionValues, ParsedLine } from "../args/options.ts";
import { addressOf, addressOptions, readFamily, readAddress } from "../args/address-arguments.ts";
import { concurrencyDefault, probe, probedTarget } from "../session/probe.ts";
import { closeAccepted, refusalMs } from "../session/tls-refusal.ts";
import { resolveOnce } from "../session/resolve-once.ts";
import { Interruption } from "../signals.ts";
import { areSeveral, readTargets } from "../args/targets.ts";
import { runTelnetSession } from "../session/telnet.ts";
import type { Terminal } from "../tty/terminal.ts";
import { forConnections, formOfWords, nothingSent, type Form } from "../args/forms.ts";
import { readRetryFlags, retryOptions } from "../args/retry-options.ts";
import { startTlsOptions } from "../args/starttls-options.ts";
import { tlsOptions } from "../args/tls-options.ts";
import { UsageError } from "../usage.ts";
import { ipAddress, port, proxy, proxyVersion, wholeNumber } from "../args/values.ts";

const forTcp = "-s and -p are for TCP, not for a Unix socket";

const options = {
  ...addressOptions,
  timeout: {
    short: "w",
    brief: "connect timeout, and then idle timeout: end after this long without a byte sent or received",
    ...settingNumber(
      "connectTimeoutMs",
      "resolveTimeoutMs",
      "proxyTimeoutMs",
      "startTlsTimeoutMs",
      "tlsHandshakeTimeoutMs",
      "inactivityTimeoutMs",
    ),
  },
  "connect-timeout": {
    brief: "the connect timeout alone",
    ...settingNumber(
      "connectTimeoutMs",
      "resolveTimeoutMs",
      "proxyTimeoutMs",
      "startTlsTimeoutMs",
      "tlsHandshakeTimeoutMs",
    ),
  },
  "idle-timeout": {
    unfit: { probe: "% has no effect with -z: write --connect-timeout" },
    brief: "the idle timeout alone",
    ...settingNumber("inactivityTimeoutMs"),
  },
  ...endOptions,
  source: {
    ...setting("localAddress"),
    short: "s",
    unfit: { unix: forTcp },
    brief: "connect from this local address",
    value: { placeholder: "<ip>", read: ipAddress },
  },
  "source-port": {
    ...setting("localPort"),
    short: "p",
    unfit: { unix: forTcp, several: "-p is for one target: each connection needs a port of its own" },
    brief: "connect from this local port",
    value: { placeholder: "<port>", read: port },
  },
  zero: { short: "z", brief: "only check whether it connects; send and receive nothing" },
  any: {
    unfit: { talk: "% is for -z" },
    brief: "with -z and several targets: end at the first open one",
  },
  concurrency: {
    unfit: { talk: "% is for -z" },
    brief: `with -z: try this many targets at once (default ${concurrencyDefault})`,
    value: { placeholder: "<n>", read: wholeNumber(1) },
  },
  ...datagramOptions,
  ...retryOptions,
  proxy: {
    ...setting("proxy"),
    short: "x",
    lineOnly: true,
    unfit: { udp: forConnections, unix: "-x is for TCP, not for a Unix socket" },
    brief: "connect through the proxy socks5://[user:password@]host:port or http://…",
    value: { placeholder: "<proxy>", read: proxy },
  },
  "proxy-protocol": {
    ...setting("proxyProtocol"),
    unfit: { probe: nothingSent, udp: forConnections },
    brief: "send a PROXY protocol header first, as a load balancer does (v1 if left out)",
    value: { placeholder: "<v1|v2>", read: proxyVersion, whenLeftOut: "v1" },
  },
  telnet: {
    unfit: { probe: nothingSent, udp: forConnections },
    brief: "negotiate telnet options, and hide telnet commands from the output",
  },
  ...tlsOptions,
  ...startTlsOptions,
  ...interactiveOptions,
  ...reporterOptions,
} as const;

export const connectCommand: Command = {
  name: "connect",
  brief: "talk to a server: send stdin, and print what it sends",
  usage: [
    "<host>:<port>",
    "<host> <port>",
    "tls://<host>:<port>",
    "unix:<path>",
    "-U <path>",
    "-u <host> <port>",
    "-z <host> <ports>…",
    "-z <target>…",
  ],
  about: `Connects, sends stdin and prints what the server sends, until both sides have ended. At the end
of stdin it sends FIN and goes on receiving, without a time limit. The server's FIN ends stdout
at once. Some servers drop a client that has sent FIN: with --no-shutdown none is sent. None is
sent for /dev/null either. See \`portcall help end-of-file\` and, for the exit code,
\`portcall help exit-codes\`.

With --tls (or tls://host:port) it speaks TLS, and checks the server's certificate before it
sends anything. At the end of stdin it sends close_notify, and then FIN. --explain shows what
was agreed on. With --starttls it first asks a server that begins in plain text to start TLS.

With -z you can give several targets, and ranges and lists of ports (20-25 or 80,443). It
prints a line for each. The exit code is 0 if all are open, or else that of the first failure.

With -u (or udp://host:port) each piece of stdin is one datagram: a typed line, or up to 16384
bytes of piped input. UDP has no end of stream. So after the end of stdin the command goes on
until nothing has arrived for a second, or as -w, -q and --count say. To a multicast group or
a --broadcast address, several hosts may answer.`,
  options,
  examples: [
    ["portcall connect localhost 8080", "talk to a server by hand"],
    ["printf 'PING\\r\\n' | portcall connect localhost:6379", "send a request and print the answer"],
    ["portcall connect localhost:8080 --explain", "explain each stage of a connection"],
    ["portcall connect --telnet bbs.example.com 23", "log in as with telnet; ^] then q ends it"],
    ["portcall connect -z -w 2 example.com 443", "check whether a port answers"],
    ["portcall connect -z localhost 20-25 80", "check which of several ports answer"],
    ["portcall connect -z --wait 30s localhost 5432", "wait until a server has started"],
    ["portcall connect tls://example.com:443", "speak TLS"],
    ["portcall connect -z --starttls smtp mail.example.com 25", "check the certificate of a mail server"],
    ["portcall connect -x socks5://localhost:1080 example.com 80", "go through a proxy"],
  ],
  formOf,
  run,
};

async function run(
  { options: given, words }: ParsedLine<typeof options>,
  terminal: Terminal,
): Promise<ExitName> {
  const targets = targetsOf(words, given);
  for (const target of targets) familyOf(target, given);
  const tries = readRetryFlags(given);
  const { source, "source-port": sourcePort, timeout, "proxy-protocol": version } = given;
  const connectTimeout = given["connect-timeout"] ?? timeout;
  const ends = readEnds(given);
  const reporter = createReporter({ ...given, numbered: targets.length > 1 }, terminal);
  const giveUp = new AbortController();
  const signals = new Interruption();
  void signals.requested.then(() => {
    giveUp.abort();
  });
  const [target] = targets as readonly [Target, ...Target[]];
  if (target.scheme === "udp" && given.zero !== true) {
    signals.ignore();
    return connectDatagrams(target, familyOf(target, given), given, terminal, reporter);
  }
  const resolver = resolveOnce(createSystemResolver(), giveUp.signal);
  const tls = targets.some((one) => speaksTls(one, given)) ? await readTls(given, terminal) : undefined;
  const connectors = new Map<string, (one: Target) => Promise<Connection>>();
  const connectorOf = (family: Family, isTls: boolean): ((one: Target) => Promise<Connection>) =>
    connector({
      ...(isTls && { tls, startTls: given.starttls }),
      resolver,
      family,
      engine: given.engine,
      localAddress: source,
      localPort: sourcePort,
      proxy: given.proxy,
      proxyProtocol: version && { version },
      signal: giveUp.signal,
      // The user decides how long to wait, with -w or Ctrl-C.
      firstByteTimeoutMs: Infinity,
      idleTimeoutMs: Infinity,
      writeStallTimeoutMs: Infinity,
      halfCloseTimeoutMs: Infinity,
      inactivityTimeoutMs: given["idle-timeout"] ?? timeout ?? Infinity,
      ...(connectTimeout === undefined
        ? {}
        : {
            resolveTimeoutMs: connectTimeout,
            connectTimeoutMs: connectTimeout,
            proxyTimeoutMs: connectTimeout,
            startTlsTimeoutMs: connectTimeout,
            tlsHandshakeTimeoutMs: connectTimeout,
          }),
      // No bytes are sent, so these socket options would only cost system calls.
      ...(given.zero === true ? { noDelay: false, keepAliveMs: 0 } : {}),
      // With -z no bytes can be lost, and -q sets the time itself.
      ...(given.zero === true || given.quit !== undefined
        ? { lingerTimeoutMs: isTls && given.zero === true ? refusalMs : quitLingerMs }
        : {}),
      ...tries,
      ...reporter.observers,
    });
  const open = (one: Target): Promise<Connection> => {
    const family = familyOf(one, given);
    const isTls = speaksTls(one, given);
    const kind = `${family} ${isTls}`;
    const known = connectors.get(kind) ?? connectorOf(family, isTls);
    connectors.set(kind, known);
    return known(one);
  };
  const probed = async (one: Target): Promise<{ close(): Promise<unknown> }> => {
    const connection = await open(one);
    if (connection.tls !== undefined) await closeAccepted(connection);
    return connection;
  };
  const openAndClose = (one: Target): Promise<{ close(): Promise<unknown> }> =>
    one.scheme === "udp"
      ? checkThatItAnswers(one, familyOf(one, given), given, { reporter, resolver, signal: giveUp.signal })
      : probed(one);
  if (targets.length > 1) {
    const { any = false, concurrency = concurrencyDefault } = given;
    return probe(targets, {
      connect: openAndClose,
      any,
      concurrency,
      engine: given.engine,
      terminal,
      reporter,
      giveUp,
    });
  }
  const beganMs = systemClock.now();
  try {
    if (target.scheme === "udp") {
      await openAndClose(target);
      terminal.report?.probed([probedTarget(target, beganMs)]);
      return "ok";
    }
    const connection = await open(target);
    signals.ignore();
    if (giveUp.signal.aborted) {
      // The signal arrived after the connection was made.
      await connection.abort();
      return "interrupted";
    }
    if (given.zero === true) {
      if (connection.tls !== undefined) await closeAccepted(connection);
      terminal.report?.probed([probedTarget(target, beganMs)]);
      await connection.end();
      return "ok";
    }
    if (given.telnet === true) runTelnetSession(connection, terminal, reporter);
    return await relayStdio(connection, terminal, { ...interactiveChoices(given), reporter, ends });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const exit = exitOfError(error, sourcePort);
    const from = sourcePort === undefined ? undefined : tcpAddress(source ?? "0.0.0.0", sourcePort);
    if (given.zero === true) terminal.report?.probed([probedTarget(target, beganMs, error, exit)]);
    if (exit !== "interrupted") await reporter.failed(error, exit === "bind" ? from : addressOf(target));
    return exit;
  }
}

type Given = OptionValues<typeof options>;

/**
 * What a line does:
 *
 *     probe, talk                     with -z, without
 *     udp, connection, unix           what carries the bytes; with several targets there may be more than one
 *     several                         targets
 *     tls                             a target is tls://
 *     plain                           none of them is for TLS
 */
function formOf({ options: given, words }: ParsedLine<typeof options>): Form {
  const targets = targetsOf(words, given);
  const schemes = new Set(targets.map(({ scheme }) => scheme));
  return formOfWords([
    given.zero === true ? "probe" : "talk",
    schemes.has("udp") && "udp",
    (schemes.has("tcp") || schemes.has("tls") || schemes.has("unix")) && "connection",
    schemes.has("unix") && "unix",
    schemes.has("tls") && "tls",
    targets.length > 1 && "several",
    !targets.some((target) => speaksTls(target, given)) && "plain",
  ]);
}

/** The targets of lines that were read for their form: reading 65535 ports takes half a second. */
const targetsRead = new WeakMap<Given, readonly Target[]>();

/** One target to talk to, or all that -z is to try. */
function targetsOf(words: readonly string[], given: Given): readonly Target[] {
  const targets = targetsRead.get(given) ?? readLine(words, given);
  targetsRead.set(given, targets);
  return targets;
}

function readLine(words: readonly string[], given: Given): readonly Target[] {
  if (given.zero === true) return readTargets(words, given);
  if (areSeveral(words, given)) {
    throw new UsageError("give one target, or -z to check several");
  }
  return [readAddress(words, given, { listening: false })];
}

function speaksTls({ scheme }: Target, { tls, starttls }: Given): boolean {
  return scheme === "tls" || ((tls === true || starttls !== undefined) && scheme !== "udp");
}

/** Only a line with TLS loads Node's crypto. */
async function readTls(given: Given, terminal: Terminal): Promise<TlsClientOptions> {
  const { tlsClientOptions, warnInsecure } = await import("../tls/client-options.ts");
  const tls = tlsClientOptions(given);
  if (given.insecure === true) warnInsecure(terminal);
  return tls;
}

/** The family to look the name up in. For an address it is none, since `readAddress` has checked its family. */
function familyOf(target: Target, given: Given): Family {
  const asked = readFamily(given);
  const { source } = given;
  // Through a proxy, the connection is made to the proxy.
  const [reached, who] =
    given.proxy === undefined ? [target, "the target"] : [parseProxy(given.proxy).target, "the proxy"];
  const host = reached.scheme === "unix" ? "" : reached.host;
  const literal = ipFamily(host);
  if (asked !== undefined && literal !== undefined && literal !== asked) {
    throw new UsageError(`-${asked} asks for IPv${asked}, and ${who} is at ${host}`);
  }
  const wanted = literal ?? asked;
  const own = source === undefined ? undefined : ipFamily(source);
  if (own !== undefined && wanted !== undefined && own !== wanted) {
    throw new UsageError(
      `-s ${source} has the other family than ${literal === undefined ? `-${asked}` : who}`,
    );
  }
  if (literal !== undefined) return undefined;
  return asked ?? own;
}
