/**
 * `nc host port…`: connects to the ports in turn, and relays or only probes (-z).
 */
import { NetError } from "../../base/errors.ts";
import { pause, systemClock } from "../../base/clock.ts";
import { connector, type Connection } from "../../net/index.ts";
import type { ExitName } from "../exit.ts";
import { concurrencyDefault, isShortage, socketsAtOnce } from "../session/probe.ts";
import { Interruption } from "../signals.ts";
import type { Terminal } from "../tty/terminal.ts";
import { asUsage, UsageError } from "../usage.ts";
import { programRunner } from "./exec.ts";
import { SharedInput } from "./input.ts";
import type { NcRequest, NcTarget } from "./request.ts";
import { lingering, ncReporter, relayAsNc } from "./relay.ts";
import { failed, succeeded } from "./messages.ts";

/** Resolves to success if one of the ports connected. */
export async function connectAll(request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, targets, gapMs } = request;
  const input = new SharedInput(terminal);
  const converse =
    programRunner(request, terminal) ?? ((connection) => relayAsNc(connection, request, input, terminal));
  const giveUp = new AbortController();
  const signals = new Interruption();
  void signals.requested.then(() => {
    giveUp.abort();
  });
  const open = opener(request, terminal, giveUp.signal);
  // Probes run in parallel; their messages keep the order of the ports.
  const together = given.z === true && gapMs === undefined;
  const ahead = together ? Math.min(concurrencyDefault, socketsAtOnce({})) : 1;
  const tries: Promise<Connection | NetError>[] = [];
  let exit: ExitName = "unmet";
  for (const [index, target] of targets.entries()) {
    if (gapMs !== undefined && index > 0) await pause(systemClock, gapMs, true);
    while (tries.length < Math.min(index + ahead, targets.length))
      tries.push(open(targets[tries.length] as NcTarget));
    let outcome = await (tries[index] as Promise<Connection | NetError>);
    if (outcome instanceof NetError && isShortage(outcome) && !giveUp.signal.aborted) {
      // Nothing is known about the target: other attempts may have held the resources.
      await Promise.all(tries);
      outcome = await open(target);
      if (outcome instanceof NetError && isShortage(outcome)) {
        for (const line of failed(outcome, target.name)) terminal.say(line);
        return "unmet";
      }
    }
    if (giveUp.signal.aborted) return "interrupted";
    report(outcome, target, request, terminal);
    if (outcome instanceof NetError) continue;
    if (given.z === true) {
      exit = "ok";
      continue;
    }
    signals.ignore();
    const ended = await converse(outcome);
    if (ended === "interrupted" || targets.length === 1) return ended;
    if (ended === "ok") exit = "ok";
  }
  signals.ignore();
  return exit;
}

/** How to try each port; a failure is a result here. */
function opener(
  request: NcRequest,
  terminal: Terminal,
  signal: AbortSignal,
): (target: NcTarget) => Promise<Connection | NetError> {
  const { given, family, proxy, connectTimeoutMs, idleTimeoutMs } = request;
  const { observers } = ncReporter(request, terminal);
  const connectTo = asUsage(() =>
    connector({
      family,
      localAddress: given.source,
      localPort: given["source-port"],
      proxy,
      signal,
      firstByteTimeoutMs: Infinity,
      idleTimeoutMs: Infinity,
      writeStallTimeoutMs: Infinity,
      inactivityTimeoutMs: idleTimeoutMs,
      halfCloseTimeoutMs: Infinity,
      ...(connectTimeoutMs === undefined
        ? {}
        : { resolveTimeoutMs: connectTimeoutMs, connectTimeoutMs, proxyTimeoutMs: connectTimeoutMs }),
      ...request.buffers,
      ...lingering(given),
      ...observers,
    }),
  );
  return async ({ target }) => {
    try {
      const connection = await connectTo(target);
      if (given.z === true) await connection.close();
      return connection;
    } catch (error) {
      if (error instanceof NetError) return error;
      // Errors that only the library detects, such as an invalid host.
      if (error instanceof TypeError) throw new UsageError(error.message);
      throw error;
    }
  };
}

/** As in nc, -z without -v reports only by its exit code. */
function report(
  outcome: Connection | NetError,
  { name }: NcTarget,
  { given, verbosity }: NcRequest,
  terminal: Terminal,
): void {
  if (outcome instanceof NetError) {
    if (verbosity === 0 && given.z === true) return;
    for (const line of failed(outcome, name)) terminal.say(line);
  } else if (verbosity > 0 && typeof name !== "string") {
    const throughProxy = (given.x ?? given.proxy) !== undefined;
    terminal.say(succeeded(name, throughProxy ? undefined : outcome.remote));
  }
}
