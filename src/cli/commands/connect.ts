/**
 * `portcall connect`: talk to a server.
 */
import { tcpAddress, type Target } from "../../base/address.ts";
import { NetError } from "../../base/errors.ts";
import { ipFamily } from "../../base/ip.ts";
import { connect, type Family } from "../../net/index.ts";
import type { Command } from "../command.ts";
import { converse } from "../converse.ts";
import { exitOfError, type ExitName } from "../exit.ts";
import { createNarrator, narratorOptions } from "../narrator.ts";
import type { ParsedLine } from "../options.ts";
import { addressOf, placeOptions, readFamily, readPlace } from "../places.ts";
import { Interruption } from "../signals.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage.ts";
import { duration, ipAddress, port } from "../values.ts";

const options = {
  ...placeOptions,
  timeout: {
    short: "w",
    brief: "give up connecting, or waiting for the peer, after so long",
    value: { placeholder: "<time>", read: duration },
  },
  source: {
    short: "s",
    brief: "connect from this address of this machine",
    value: { placeholder: "<address>", read: ipAddress },
  },
  "source-port": {
    short: "p",
    brief: "connect from this port",
    value: { placeholder: "<port>", read: port },
  },
  zero: { short: "z", brief: "only see whether it connects; send and receive nothing" },
  raw: { brief: "show a peer's control bytes to the terminal as they are" },
  ...narratorOptions,
} as const;

export const connectCommand: Command = {
  name: "connect",
  brief: "talk to a server: stdin goes out, its replies come to stdout",
  usage: ["<host>:<port>", "<host> <port>", "unix:<path>"],
  about: `Connects and talks until both sides are done. The end of stdin is sent on (FIN), and
what the server still says is received, without a time limit; the server's end ends
stdout at once. The exit code says how it went: see \`portcall --help\`.`,
  options,
  examples: [
    ["portcall connect localhost 8080", "talk to a server by hand"],
    ["printf 'PING\\r\\n' | portcall connect localhost:6379", "send something, print what comes back"],
    ["portcall connect localhost:8080 --explain", "see each step of a connection"],
    ["portcall connect -z -w 2 example.com 443", "see whether a port answers"],
  ],
  run,
};

async function run(
  { options: given, words }: ParsedLine<typeof options>,
  terminal: Terminal,
): Promise<ExitName> {
  const target = readPlace(words, given, { listening: false });
  const { source, "source-port": sourcePort, timeout = Infinity } = given;
  const family = familyOf(target, readFamily(given), source);
  if (target.scheme === "unix" && (source ?? sourcePort) !== undefined) {
    throw new UsageError("-s and -p are for TCP, not for a Unix socket");
  }
  const narrator = createNarrator(given, terminal);
  const giveUp = new AbortController();
  const signals = new Interruption();
  void signals.asked.then(() => {
    giveUp.abort();
  });
  try {
    const connection = await connect(target, {
      family,
      from: { host: source, port: sourcePort },
      signal: giveUp.signal,
      // A person, or a script with -w, decides how long to wait.
      firstByteTimeoutMs: timeout,
      idleTimeoutMs: timeout,
      writeStallTimeoutMs: timeout,
      halfCloseTimeoutMs: Infinity,
      ...(timeout === Infinity ? {} : { resolveTimeoutMs: timeout, connectTimeoutMs: timeout }),
      ...narrator.observers,
    });
    signals.ignore();
    if (given.zero === true) {
      await connection.end();
      return "ok";
    }
    return await converse(connection, terminal, { raw: given.raw === true, narrator });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const exit = exitOfError(error, sourcePort);
    const from = sourcePort === undefined ? undefined : tcpAddress(source ?? "0.0.0.0", sourcePort);
    if (exit !== "interrupted") await narrator.failed(error, exit === "bind" ? from : addressOf(target));
    return exit;
  }
}

/** The family in which to look the name up; none for an address, of which `readPlace` has seen that it is of the one asked for. */
function familyOf(target: Target, asked: Family, source: string | undefined): Family {
  const literal = target.scheme === "tcp" ? ipFamily(target.host) : undefined;
  const wanted = literal ?? (asked === undefined ? undefined : `ipv${asked}`);
  const own = source === undefined ? undefined : ipFamily(source);
  if (own !== undefined && wanted !== undefined && own !== wanted) {
    throw new UsageError(
      `-s ${source} has the other family than ${literal === undefined ? `-${asked}` : "the target"}`,
    );
  }
  if (literal !== undefined) return undefined;
  return asked ?? (own === undefined ? undefined : own === "ipv6" ? 6 : 4);
}
