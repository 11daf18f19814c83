/**
 * `portcall connect`: talk to a server.
 */
import { setting, settingNumber } from "../args/library-options.ts";
import { tcpAddress, type Target } from "../../base/address/address.ts";
import { systemClock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { parseProxy } from "../../base/address/proxy.ts";
import { connector, createSystemResolver, type Connection, type Family } from "../../net/index.ts";
import type { Command } from "../command.ts";
import { relayStdio } from "../session/stdio-relay.ts";
import { connectDatagrams, datagramOptions, seeWhoAnswers } from "../session/udp/connect.ts";
import { endOptions, quitLingerMs, readEnds } from "../session/end-options.ts";
import { exitOfError, type ExitName } from "../exit.ts";
import { interactiveChoices, interactiveOptions } from "../args/interactive-options.ts";
import { createReporter, reporterOptions } from "../report/reporter.ts";
import type { OptionValues, ParsedLine } from "../args/options.ts";
import { addressOf, addressOptions, readFamily, readAddress } from "../args/address-arguments.ts";
import { concurrencyDefault, probe, probedTarget } from "../session/probe.ts";
import { resolveOnce } from "../session/resolve-once.ts";
import { Interruption } from "../signals.ts";
import { areSeveral, readTargets } from "../args/targets.ts";
import { runTelnetSession } from "../session/telnet.ts";
import type { Terminal } from "../tty/terminal.ts";
import { forConnections, formOfWords, nothingSent, type Form } from "../args/forms.ts";
import { readRetryFlags, retryOptions } from "../args/retry-options.ts";
import { UsageError } from "../usage.ts";
import { ipAddress, port, proxy, wholeNumber } from "../args/values.ts";

const forTcp = "-s and -p are for TCP, not for a Unix socket";

const options = {
  ...addressOptions,
  timeout: {
    short: "w",
    brief: "give up connecting after so long, and end when nothing is sent or received for so long",
    ...settingNumber("connectTimeoutMs", "resolveTimeoutMs", "handshakeTimeoutMs", "inactivityTimeoutMs"),
  },
  "connect-timeout": {
    brief: "the first of these alone",
    ...settingNumber("connectTimeoutMs", "resolveTimeoutMs", "handshakeTimeoutMs"),
  },
  "idle-timeout": {
    unfit: { probe: "% has no effect with -z: write --connect-timeout" },
    brief: "the second alone",
    ...settingNumber("inactivityTimeoutMs"),
  },
  ...endOptions,
  source: {
    ...setting("from"),
    short: "s",
    unfit: { unix: forTcp },
    brief: "connect from this address of this machine",
    value: { placeholder: "<ip>", read: ipAddress },
  },
  "source-port": {
    ...setting("from"),
    short: "p",
    unfit: { unix: forTcp, several: "-p is for one target: each connection needs a port of its own" },
    brief: "connect from this port",
    value: { placeholder: "<port>", read: port },
  },
  zero: { short: "z", brief: "only see whether it connects; send and receive nothing" },
  any: {
    unfit: { talk: "% is for -z" },
    brief: "with -z and several targets: end at the first that is open",
  },
  concurrency: {
    unfit: { talk: "% is for -z" },
    brief: `with -z: try so many targets at the same time (default ${concurrencyDefault})`,
    value: { placeholder: "<n>", read: wholeNumber(1) },
  },
  ...datagramOptions,
  ...retryOptions,
  proxy: {
    ...setting("proxy"),
    short: "x",
    lineOnly: true,
    unfit: { udp: forConnections, unix: "-x is for TCP, not for a Unix socket" },
    brief: "go by way of socks5://[user:password@]host:port or http://…",
    value: { placeholder: "<proxy>", read: proxy },
  },
  telnet: {
    unfit: { probe: nothingSent, udp: forConnections },
    brief: "speak telnet: agree on options, and take its commands out of what is shown",
  },
  ...interactiveOptions,
  ...reporterOptions,
} as const;

export const connectCommand: Command = {
  name: "connect",
  brief: "talk to a server: stdin goes out, its replies come to stdout",
  usage: [
    "<host>:<port>",
    "<host> <port>",
    "unix:<path>",
    "-U <path>",
    "-u <host> <port>",
    "-z <host> <ports>…",
    "-z <target>…",
  ],
  about: `Connects and talks until both sides are done. The end of stdin is sent on (FIN), and
what the server still says is received, without a time limit; the server's end ends
stdout at once. Some servers drop a client that has sent FIN: --no-shutdown sends none, and
none is sent for /dev/null. See \`portcall help end-of-file\`; the exit code says how it went:
\`portcall help exit-codes\`.

With -z there may be several targets, and ranges and lists of ports (20-25 or 80,443): it
prints a line for each, and ends with 0 if all are open, else as the first that is not.

With -u (or udp://host:port) each piece of stdin is a datagram of its own: a line that is
typed, or up to 16384 bytes of what is piped in. Datagrams have no end, so after stdin's
it goes on until nothing has come for a second, or as -w, -q and --count say. Everyone whom
a multicast group or a --broadcast address reaches may answer.`,
  options,
  examples: [
    ["portcall connect localhost 8080", "talk to a server by hand"],
    ["printf 'PING\\r\\n' | portcall connect localhost:6379", "send something, print what comes back"],
    ["portcall connect localhost:8080 --explain", "see each step of a connection"],
    ["portcall connect --telnet bbs.example.com 23", "log in as telnet would; ^] then q ends it"],
    ["portcall connect -z -w 2 example.com 443", "see whether a port answers"],
    ["portcall connect -z localhost 20-25 80", "see which ports of several answer"],
    ["portcall connect -z --wait 30s localhost 5432", "wait until a server has started"],
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
  const { source, "source-port": sourcePort, timeout } = given;
  const connectTimeout = given["connect-timeout"] ?? timeout;
  const ends = readEnds(given);
  const reporter = createReporter({ ...given, numbered: targets.length > 1 }, terminal);
  const giveUp = new AbortController();
  const signals = new Interruption();
  void signals.asked.then(() => {
    giveUp.abort();
  });
  const [target] = targets as readonly [Target, ...Target[]];
  if (target.scheme === "udp" && given.zero !== true) {
    signals.ignore();
    return connectDatagrams(target, familyOf(target, given), given, terminal, reporter);
  }
  const resolver = resolveOnce(createSystemResolver(), giveUp.signal);
  const connectors = new Map<Family, (one: Target) => Promise<Connection>>();
  const connectorOf = (family: Family): ((one: Target) => Promise<Connection>) =>
    connector({
      resolver,
      family,
      engine: given.engine,
      from: { host: source, port: sourcePort },
      proxy: given.proxy,
      signal: giveUp.signal,
      // A person, or a script with -w, decides how long to wait.
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
            handshakeTimeoutMs: connectTimeout,
          }),
      // No bytes go, so the options of the socket make no difference but the system calls that set them.
      ...(given.zero === true ? { noDelay: false, keepAliveMs: 0 } : {}),
      // With -z there are no bytes that could be lost, and -q sets the time itself.
      ...(given.zero === true || given.quit !== undefined ? { lingerTimeoutMs: quitLingerMs } : {}),
      ...tries,
      ...reporter.observers,
    });
  const open = (one: Target): Promise<Connection> => {
    const family = familyOf(one, given);
    const known = connectors.get(family) ?? connectorOf(family);
    connectors.set(family, known);
    return known(one);
  };
  const knock = (one: Target): Promise<{ close(): Promise<unknown> }> =>
    one.scheme === "udp"
      ? seeWhoAnswers(one, familyOf(one, given), given, { reporter, resolver, signal: giveUp.signal })
      : open(one);
  if (targets.length > 1) {
    const { any = false, concurrency = concurrencyDefault } = given;
    return probe(targets, {
      connect: knock,
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
      await knock(target);
      terminal.report?.probed([probedTarget(target, beganMs)]);
      return "ok";
    }
    const connection = await open(target);
    signals.ignore();
    if (giveUp.signal.aborted) {
      // The signal came too late to give up connecting.
      await connection.abort();
      return "interrupted";
    }
    if (given.zero === true) {
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
 */
function formOf({ options: given, words }: ParsedLine<typeof options>): Form {
  const targets = targetsOf(words, given);
  const schemes = new Set(targets.map(({ scheme }) => scheme));
  return formOfWords([
    given.zero === true ? "probe" : "talk",
    schemes.has("udp") && "udp",
    (schemes.has("tcp") || schemes.has("unix")) && "connection",
    schemes.has("unix") && "unix",
    targets.length > 1 && "several",
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
    throw new UsageError("one target at a time, or -z to see which of several answer");
  }
  return [readAddress(words, given, { listening: false })];
}

/** The family in which to look the name up; none for an address, of which `readPlace` has seen that it is of the one asked for. */
function familyOf(target: Target, given: Given): Family {
  const asked = readFamily(given);
  const { source } = given;
  // Who goes by way of a proxy reaches the proxy.
  const [reached, who] =
    given.proxy === undefined ? [target, "the target"] : [parseProxy(given.proxy).target, "the proxy"];
  const host = reached.scheme === "unix" ? "" : reached.host;
  const literal = ipFamily(host);
  if (asked !== undefined && literal !== undefined && literal !== `ipv${asked}`) {
    throw new UsageError(`-${asked} asks for IPv${asked}, and ${who} is at ${host}`);
  }
  const wanted = literal ?? (asked === undefined ? undefined : `ipv${asked}`);
  const own = source === undefined ? undefined : ipFamily(source);
  if (own !== undefined && wanted !== undefined && own !== wanted) {
    throw new UsageError(
      `-s ${source} has the other family than ${literal === undefined ? `-${asked}` : who}`,
    );
  }
  if (literal !== undefined) return undefined;
  return asked ?? (own === undefined ? undefined : own === "ipv6" ? 6 : 4);
}
