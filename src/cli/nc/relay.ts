/**
 * nc's policy for the stdio relay of session/stdio-relay.ts, and its exit codes.
 */
import { fstatSync } from "node:fs";
import { pause, systemClock } from "../../base/clock.ts";
import type { NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import type { Connection } from "../../net/index.ts";
import { relayStdio, type StdioRelayOptions, type EndRules } from "../session/stdio-relay.ts";
import type { ExitName } from "../exit.ts";
import { createReporter, type Reporter } from "../report/reporter.ts";
import { errorLine } from "../error-line.ts";
import { runTelnetSession } from "../session/telnet.ts";
import type { PeerOutput, Terminal } from "../tty/terminal.ts";
import { paced, type SharedInput } from "./input.ts";
import type { NcValues } from "./flag-row.ts";
import type { NcRequest } from "./request.ts";

/** How long to wait for the peer's FIN after ours. */
export function lingering(given: NcValues): { readonly lingerTimeoutMs?: number } {
  if (given.z === true || given.q !== undefined) return { lingerTimeoutMs: 100 };
  const isPeerDone = given["send-only"] === true || (given.exec ?? given["sh-exec"]) !== undefined;
  return isPeerDone ? { lingerTimeoutMs: 500 } : {};
}

/** Relays one connection until it is closed; resolves to nc's exit. */
export async function relayAsNc(
  connection: Connection,
  request: NcRequest,
  input: SharedInput,
  terminal: Terminal,
): Promise<ExitName> {
  const { given } = request;
  const reporter = ncReporter(request, terminal);
  if (given.telnet === true) runTelnetSession(connection, terminal, reporter);
  const exit = await relayStdio(connection, terminal, {
    crlf: given.crlf === true,
    hex: false,
    raw: false,
    history: true,
    reporter,
    interruptEndsAtOnce: true,
    exitOf: (closeInfo) => exitOfClose(closeInfo, request),
    ends: endsOf(request),
    // As in nc, a reader of stdout that has gone is no failure, unless input is lost with it.
    ...(request.dialect === "nc" && { brokenStdoutExit: "ok" as const }),
    ...streamsOf(connection, request, input, terminal),
  });
  // nc waits this long again before it ends, even if the peer has ended.
  if (exit !== "interrupted" && given.q !== undefined && given.q !== Infinity)
    await pause(systemClock, given.q, true);
  return ncExit(exit);
}

/** As in nc, -w ends a connection successfully, unless bytes are lost. A reset is a failure here. */
function exitOfClose(closeInfo: CloseInfo, { dialect }: NcRequest): ExitName {
  if (closeInfo.how === "timeout" && dialect === "nc" && closeInfo.bytesUnsent === 0) return "ok";
  return closeInfo.how === "fin" ? "ok" : "unmet";
}

/** nc's exit: success or failure. */
function ncExit(exit: ExitName): ExitName {
  return exit === "ok" || exit === "interrupted" ? exit : "unmet";
}

/** Reports in one line why a connection failed; with -vv, each stage. */
export function ncReporter({ verbosity }: NcRequest, terminal: Terminal): Reporter {
  const reporter = createReporter(verbosity > 1 ? { verbose: true } : {}, terminal);
  return {
    ...reporter,
    ended(error: NetError) {
      terminal.say(`nc: ${errorLine(error)}`);
    },
  };
}

/** How long `-l` waits for a quiet stdin after the peer's FIN. */
const listenerHalfCloseMs = 100;

function endsOf({ given, sendsFin }: NcRequest): EndRules {
  const isSilent = given.d === true || given["recv-only"] === true;
  const isListener = given.listen === true;
  return {
    sends: !isSilent,
    receives: given["send-only"] !== true,
    atInputEnd: given["send-only"] === true ? "close" : sendsFin && !isSilent ? "fin" : "wait",
    // As a client, nc waits for the peer's FIN first.
    quitMs: isListener ? (given.q ?? Infinity) : Infinity,
    // A file as stdin must arrive completely.
    halfCloseMs: isListener && !fstatSync(0).isFile() ? listenerHalfCloseMs : Infinity,
  };
}

/** The input and output, if they are not simply stdin and stdout. */
function streamsOf(
  connection: Connection,
  request: NcRequest,
  shared: SharedInput,
  terminal: Terminal,
): Pick<StdioRelayOptions, "input" | "output"> {
  const { gapMs } = request;
  const stdin = terminal.isInteractive && gapMs === undefined ? undefined : shared.until(connection.closed);
  const input = stdin !== undefined && gapMs !== undefined ? paced(stdin, gapMs, systemClock) : stdin;
  const output = outputOf(connection, request, terminal);
  return {
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
  };
}

/** The output, if it is not simply stdout. */
function outputOf(connection: Connection, request: NcRequest, terminal: Terminal): PeerOutput | undefined {
  const { given, targets } = request;
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
