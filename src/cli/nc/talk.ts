/**
 * How nc holds a conversation, in the terms of converse.ts, and what its end means for
 * the exit.
 */
import { fstatSync } from "node:fs";
import { pause, systemClock } from "../../base/clock.ts";
import type { NetError } from "../../base/errors.ts";
import type { Connection } from "../../net/index.ts";
import { converse, type Manners } from "../converse.ts";
import type { ExitName } from "../exit.ts";
import { createNarrator, type Narrator } from "../narrator.ts";
import { inCommandTerms } from "../narrate/option-names.ts";
import { speakTelnet } from "../telnet.ts";
import type { PeerOutput, Terminal } from "../terminal.ts";
import { noInput, paced, type SharedInput } from "./input.ts";
import type { NcValues } from "./flag-row.ts";
import type { NcRequest } from "./request.ts";

/** How long a peer that was told goodbye may take to say its own. */
export function lingering(given: NcValues): { readonly lingerTimeoutMs?: number } {
  if (given.z === true || given.q !== undefined) return { lingerTimeoutMs: 100 };
  const isHeardOut = given["send-only"] === true || (given.exec ?? given["sh-exec"]) !== undefined;
  return isHeardOut ? { lingerTimeoutMs: 500 } : {};
}

/** Talks to one peer until it is over; resolves to nc's exit. */
export async function talk(
  connection: Connection,
  request: NcRequest,
  input: SharedInput,
  terminal: Terminal,
): Promise<ExitName> {
  const { given } = request;
  const narrator = ncNarrator(request, terminal);
  if (given.telnet === true) speakTelnet(connection, terminal, narrator);
  const exit = await converse(connection, terminal, {
    crlf: given.crlf === true,
    hex: false,
    raw: false,
    history: true,
    narrator,
    manners: mannersOf(connection, request, input, terminal),
  });
  return ncExit(exit, request);
}

/** What a way to end means for nc, which knows success and failure; a connection that was had is success. */
export function ncExit(exit: ExitName, { dialect }: Pick<NcRequest, "dialect">): ExitName {
  if (exit === "ok" || exit === "interrupted") return exit;
  return dialect === "nc" && exit !== "file" ? "ok" : "unmet";
}

/** Says in a line what ended a connection badly; with -vv, each stage. */
export function ncNarrator({ dialect, verbosity }: NcRequest, terminal: Terminal): Narrator {
  const narrator = createNarrator(verbosity > 1 ? { verbose: true } : {}, terminal);
  return {
    ...narrator,
    ended(error: NetError) {
      // To be silent for so long is how -w ends it, as it should.
      if (dialect === "nc" && verbosity === 0 && error.code.endsWith("TIMEOUT")) return;
      terminal.say(`nc: ${inCommandTerms(error.message)}`);
    },
  };
}

function mannersOf(
  connection: Connection,
  request: NcRequest,
  shared: SharedInput,
  terminal: Terminal,
): Manners {
  const { given, gapMs } = request;
  const isSilent = given.d === true || given["recv-only"] === true;
  const stdin = terminal.isInteractive && gapMs === undefined ? undefined : shared.until(connection.closed);
  const input = isSilent
    ? noInput()
    : stdin !== undefined && gapMs !== undefined
      ? paced(stdin, gapMs, systemClock)
      : stdin;
  const output = outputOf(connection, request, terminal);
  return {
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    inputEnded: (_, peerEnded) => afterInput(connection, peerEnded, request),
    // What is read from a file is meant to arrive as a whole.
    endsWithPeer: given.listen === true && !fstatSync(0).isFile(),
  };
}

/** The end of stdin: FIN or not, and then the peer's, or a time. */
async function afterInput(
  connection: Connection,
  peerEnded: Promise<void>,
  request: NcRequest,
): Promise<void> {
  const { given, sendsFin } = request;
  if (given["send-only"] === true) {
    await connection.close();
    return;
  }
  const isSilent = given.d === true || given["recv-only"] === true;
  if (!sendsFin || isSilent) await peerEnded;
  await connection.end();
  if (given.q === undefined || given.q === Infinity) return;
  await pause(systemClock, given.q);
  await connection.close();
}

/** Where what comes goes, if that is not simply stdout. */
function outputOf(connection: Connection, request: NcRequest, terminal: Terminal): PeerOutput | undefined {
  const { given, targets } = request;
  if (given["send-only"] === true) return { write: () => Promise.resolve(), end: () => Promise.resolve() };
  const limit = given.W ?? Infinity;
  const goesOn = given["keep-open"] === true || targets.length > 1;
  if (!goesOn && limit === Infinity) return undefined;
  const stdout = terminal.output(false);
  let pieces = 0;
  return {
    async write(bytes) {
      if (++pieces > limit) return;
      await stdout.write(bytes);
      if (pieces === limit) void connection.close();
    },
    end: () => stdout.end(),
  };
}
