/**
 * `portcall connect -u`: exchanges datagrams with one peer, or checks whether it answers.
 */
import { setting } from "../../args/library-options.ts";
import { tcpAddress, type Target } from "../../../base/address/address.ts";
import { NetError } from "../../../base/errors.ts";
import { connectUdp, type ConnectedUdpSocket, type Family, type Resolver } from "../../../net/index.ts";
import type { EngineChoice } from "../../../wire/index.ts";
import { exitOfError, type ExitName } from "../../exit.ts";
import type { Reporter } from "../../report/reporter.ts";
import { nothingSent } from "../../args/forms.ts";
import type { SwitchRow, ValuedRow } from "../../args/options.ts";
import { addressOf } from "../../args/address-arguments.ts";
import { Interruption } from "../../signals.ts";
import type { Terminal } from "../../tty/terminal.ts";
import { wholeNumber } from "../../args/values.ts";
import { isForMany, openForMany } from "./multicast.ts";
import { awaitAnswer } from "./probe.ts";
import { relayDatagrams } from "./stdio-relay.ts";

const ofDatagrams = "% is for datagrams (-u)";

/** The options of `connect` that are only for datagrams. */
export const datagramOptions: {
  readonly count: ValuedRow<number>;
  readonly broadcast: SwitchRow;
} = {
  count: {
    brief: "with -u: end after receiving this many datagrams",
    value: { placeholder: "<n>", read: wholeNumber(1) },
    unfit: { probe: nothingSent, connection: ofDatagrams },
  },
  broadcast: {
    ...setting("broadcast"),
    brief: "with -u: allow a broadcast address, such as 192.168.1.255",
    unfit: { probe: nothingSent, connection: ofDatagrams },
  },
};

interface Given {
  readonly timeout?: number;
  readonly "connect-timeout"?: number;
  readonly "idle-timeout"?: number;
  readonly quit?: number;
  readonly source?: string;
  readonly "source-port"?: number;
  readonly raw?: true;
  readonly hex?: true;
  readonly count?: number;
  readonly broadcast?: true;
  readonly engine?: EngineChoice;
}

/** How long to wait for an answer to the last datagram. Default. */
const silenceMs = 1_000;

export async function connectDatagrams(
  target: Target,
  family: Family,
  given: Given,
  terminal: Terminal,
  reporter: Reporter,
): Promise<ExitName> {
  const { source, "source-port": sourcePort, quit } = given;
  const idleMs = given["idle-timeout"] ?? given.timeout;
  const giveUp = new AbortController();
  const signals = new Interruption();
  void signals.requested.then(() => {
    giveUp.abort();
  });
  try {
    const watch = { reporter, signal: giveUp.signal };
    const peer =
      target.scheme === "udp" && isForMany(target, given)
        ? await openForMany(target, given, idleMs ?? Infinity, reporter)
        : await open(target, family, { ...given, idleMs: idleMs ?? Infinity }, watch);
    signals.ignore();
    const silenceMsMax = idleMs === undefined && quit === undefined ? silenceMs : Infinity;
    return await relayDatagrams(peer, terminal, {
      raw: given.raw === true,
      hex: given.hex === true,
      datagramsMax: given.count ?? Infinity,
      reporter,
      afterInput: { quitMs: quit ?? Infinity, silenceMs: silenceMsMax },
    });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    const exit = exitOfError(error, sourcePort);
    const own = { ...tcpAddress(source ?? "0.0.0.0", sourcePort ?? 0), protocol: "udp" } as const;
    if (exit !== "interrupted") await reporter.failed(error, exit === "bind" ? own : addressOf(target));
    return exit;
  } finally {
    signals.ignore();
  }
}

interface Watch {
  readonly reporter: Reporter;
  readonly resolver?: Resolver;
  readonly signal: AbortSignal;
}

/**
 * For `-z`: resolves when an answer has arrived.
 *
 * @throws {NetError} without an answer, or if the port is unreachable.
 */
export async function checkThatItAnswers(
  target: Target,
  family: Family,
  given: Given,
  watch: Watch,
): Promise<ConnectedUdpSocket> {
  const peer = await open(target, family, { ...given, idleMs: Infinity }, watch);
  try {
    await awaitAnswer(peer, watch.signal, given["connect-timeout"] ?? given.timeout);
    return peer;
  } finally {
    await peer.close();
  }
}

function open(
  target: Target,
  family: Family,
  given: Given & { readonly idleMs: number },
  { reporter, resolver, signal }: Watch,
): Promise<ConnectedUdpSocket> {
  const { source, "source-port": sourcePort, idleMs, engine } = given;
  const resolveTimeoutMs = given["connect-timeout"] ?? given.timeout;
  return connectUdp(target, {
    resolver,
    family,
    localAddress: source,
    localPort: sourcePort,
    engine,
    signal,
    idleTimeoutMs: Infinity,
    inactivityTimeoutMs: idleMs,
    resolveTimeoutMs,
    ...reporter.datagramObservers,
  });
}
