/**
 * `portcall listen`: talk to the clients that come, by hand.
 */
import { formatAddress } from "../../base/address.ts";
import { NetError } from "../../base/errors.ts";
import { raw } from "../../codec/index.ts";
import { serve } from "../../net/index.ts";
import type { Command } from "../command.ts";
import { converse } from "../converse.ts";
import { Crowd } from "../crowd.ts";
import { exitOfError, type ExitName } from "../exit.ts";
import { createNarrator, narratorOptions } from "../narrator.ts";
import { parseLine } from "../options.ts";
import { addressOf, placeOptions, readPlace } from "../places.ts";
import { onInterrupt } from "../signals.ts";
import type { Terminal } from "../terminal.ts";
import { duration, wholeNumber } from "../values.ts";
import { placeToListen } from "./serve.ts";

const options = {
  keep: { short: "k", brief: "go on listening: many clients at once, numbered" },
  connections: {
    brief: "end after so many clients (default 1, or without end with -k)",
    value: { placeholder: "<n>", read: wholeNumber(1) },
  },
  backlog: {
    brief: "let so many clients wait in the system's queue",
    value: { placeholder: "<n>", read: wholeNumber(0) },
  },
  timeout: {
    short: "w",
    brief: "give up on a client that is silent for so long",
    value: { placeholder: "<time>", read: duration },
  },
  raw: { brief: "show a peer's control bytes to the terminal as they are" },
  ...placeOptions,
  ...narratorOptions,
} as const;

export const listenCommand: Command = {
  name: "listen",
  brief: "talk to the clients that come, by hand",
  usage: ["[address]", "-U <path>"],
  about: `Waits for a client and talks to it as \`connect\` talks to a server; then it ends. With -k
or --connections it takes several at once: what they say is shown line by line behind
their number, \`[3] hello\`, and stdin goes to all of them. Without an address it listens
on a free port of 127.0.0.1.`,
  options,
  examples: [
    ["portcall listen :8888", "wait for one client and talk to it"],
    ["portcall listen :9000 > file", "receive a file (send: portcall connect host 9000 < file)"],
    ["portcall listen -k :8888", "talk to everybody who comes"],
  ],
  run,
};

async function run(argv: readonly string[], terminal: Terminal): Promise<ExitName> {
  const { options: given, words } = parseLine(argv, options);
  const target = readPlace(words.length === 0 && given.unix !== true ? [":0"] : words, given, {
    listening: true,
  });
  const clients = given.connections ?? (given.keep === true ? Infinity : 1);
  const narrator = createNarrator(given, (text) => {
    terminal.say(text);
  });
  const timeout = given.timeout ?? Infinity;
  let exit: ExitName = "ok";
  try {
    const crowd = clients === 1 ? undefined : new Crowd(terminal);
    const server = await serve(
      {
        ...placeToListen(target),
        codec: raw(),
        acceptMax: clients,
        backlog: given.backlog,
        firstByteTimeoutMs: timeout,
        idleTimeoutMs: timeout,
        halfCloseTimeoutMs: Infinity,
        // One client may read as slowly as it likes; of many, none may hold up the others for ever.
        ...(clients === 1 ? { writeStallTimeoutMs: timeout } : {}),
        ...narrator.observers,
      },
      async (client) => {
        if (crowd !== undefined) await crowd.join(client);
        else exit = await converse(client, terminal, { raw: given.raw === true });
      },
    );
    if (target.scheme === "tcp" && target.port === 0) {
      terminal.say(`listening on ${formatAddress(server.address)}`);
    }
    let interrupted = false;
    const ignoreSignals = onInterrupt(() => {
      interrupted = true;
      void server.close({ drainMs: crowd === undefined ? 0 : undefined });
    });
    if (crowd !== undefined) void crowd.sendInput();
    await server.closed;
    ignoreSignals();
    return interrupted ? "interrupted" : exit;
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await narrator.failed(error, addressOf(target));
    return exitOfError(error);
  }
}
