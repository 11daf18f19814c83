/**
 * `portcall connect`: talk to a server.
 */
import { parsePort } from "../../base/address.ts";
import { NetError } from "../../base/errors.ts";
import { parseHost } from "../../base/host.ts";
import { connect } from "../../net/index.ts";
import type { Command } from "../command.ts";
import { converse } from "../converse.ts";
import { exitOfError, type ExitName } from "../exit.ts";
import { createNarrator, narratorOptions } from "../narrator.ts";
import { parseLine } from "../options.ts";
import { addressOf, asUsage, placeOptions, readFamily, readPlace } from "../places.ts";
import { onInterrupt } from "../signals.ts";
import type { Terminal } from "../terminal.ts";
import { duration, plain } from "../values.ts";

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
    value: { placeholder: "<address>", read: plain },
  },
  "source-port": {
    short: "p",
    brief: "connect from this port",
    value: { placeholder: "<port>", read: plain },
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

async function run(argv: readonly string[], terminal: Terminal): Promise<ExitName> {
  const line = parseLine(argv, options);
  const target = readPlace(line.words, line.options, { listening: false });
  const family = readFamily(line.options);
  const { timeout = Infinity, source, "source-port": sourcePort } = line.options;
  const from = asUsage(() => ({
    host: source === undefined ? undefined : parseHost(source),
    port: sourcePort === undefined ? undefined : parsePort(sourcePort),
  }));
  const narrator = createNarrator(line.options, (text) => {
    terminal.say(text);
  });
  const giveUp = new AbortController();
  const ignoreSignals = onInterrupt(() => {
    giveUp.abort();
  });
  try {
    const connection = await connect(target, {
      family,
      from,
      signal: giveUp.signal,
      // A person, or a script with -w, decides how long to wait.
      firstByteTimeoutMs: timeout,
      idleTimeoutMs: timeout,
      writeStallTimeoutMs: timeout,
      halfCloseTimeoutMs: Infinity,
      ...(timeout === Infinity ? {} : { connectTimeoutMs: timeout }),
      ...narrator.observers,
    });
    ignoreSignals();
    if (line.options.zero === true) {
      await connection.abort();
      return "ok";
    }
    return await converse(connection, terminal, { raw: line.options.raw === true });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await narrator.failed(error, addressOf(target));
    return exitOfError(error);
  }
}
