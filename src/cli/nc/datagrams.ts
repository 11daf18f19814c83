/**
 * `nc -u`: datagrams, as client and as listener.
 */
import type { UdpAddress } from "../../base/address/address.ts";
import { pause, systemClock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { connectUdp } from "../../net/index.ts";
import { checkThatItAnswers } from "../session/udp/connect.ts";
import { bindAddress } from "../session/udp/listen.ts";
import { firstPeer, peerOn, type DatagramPeer } from "../session/udp/peer.ts";
import { relayDatagrams, type AfterInput } from "../session/udp/stdio-relay.ts";
import type { ExitName } from "../exit.ts";
import { withCrlf } from "../tty/crlf.ts";
import type { Reporter } from "../report/reporter.ts";
import type { Terminal } from "../tty/terminal.ts";
import { UsageError } from "../usage.ts";
import { admissionOf, admitting } from "./admission.ts";
import { noInput, paced } from "./input.ts";
import type { NcRequest, NcTarget } from "./request.ts";
import { ncReporter } from "./relay.ts";
import { failed, listeningOn, notListening, receivedFrom, succeeded } from "./messages.ts";

/** How long -z waits for an answer, unless -w is given. */
const probeMs = 1_000;

/** Talks to one port, or probes several. */
export async function exchange(request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, targets, gapMs } = request;
  if (given.z !== true && targets.length > 1) throw new UsageError("one port at a time with -u, or -z");
  let exit: ExitName = "unmet";
  for (const [index, one] of targets.entries()) {
    if (gapMs !== undefined && index > 0) await pause(systemClock, gapMs, true);
    try {
      if (given.z === true) await probePort(one, request, terminal);
      else return await talkTo(one, request, terminal);
      exit = "ok";
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      if (given.z === true && request.verbosity === 0) continue;
      for (const line of failed(error, one.name)) terminal.say(line);
    }
  }
  return exit;
}

async function talkTo({ target, name }: NcTarget, request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, family, idleTimeoutMs, verbosity } = request;
  const reporter = ncReporter(request, terminal);
  const peer = await connectUdp(target, {
    family,
    localAddress: given.source,
    localPort: given["source-port"],
    idleTimeoutMs: Infinity,
    inactivityTimeoutMs: idleTimeoutMs,
    ...reporter.datagramObservers,
  });
  if (verbosity > 0 && typeof name !== "string") terminal.say(succeeded(name, peer.remote));
  return relay(peer, request, terminal);
}

/** As in nc, a port counts as open unless it is reported unreachable. With -v, a note mentions the uncertainty. */
async function probePort({ target, name }: NcTarget, request: NcRequest, terminal: Terminal): Promise<void> {
  const { given, family, connectTimeoutMs = probeMs, verbosity } = request;
  const reporter = ncReporter(request, terminal);
  const from = {
    ...(given.source === undefined ? {} : { source: given.source }),
    ...(given["source-port"] === undefined ? {} : { "source-port": given["source-port"] }),
  };
  let note = "";
  try {
    const watch = { reporter, signal: new AbortController().signal };
    await checkThatItAnswers(target, family, { timeout: connectTimeoutMs, ...from }, watch);
  } catch (error) {
    if (!(error instanceof NetError) || error.code !== "ERR_CONNECT_TIMEOUT") throw error;
    note = " (no answer, and not reported unreachable)";
  }
  if (verbosity > 0 && typeof name !== "string") terminal.say(succeeded(name, undefined) + note);
}

/** With -k there is no single peer to send to. */
const sendNothing = (): Promise<void> => Promise.resolve();

/**
 * `nc -lu`: the sender of the first datagram is the peer. With -k datagrams from all senders are printed, and none is
 * answered.
 */
export async function hear(request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, family, idleTimeoutMs, targets, verbosity, protocol } = request;
  const [bindTarget] = targets as readonly [NcTarget];
  const admission = admissionOf(given);
  try {
    const families = family === 4 ? ({ ipv4: true } as const) : family === 6 ? ({ ipv6: true } as const) : {};
    const bound = await bindAddress(
      bindTarget.target,
      { ...families, timeout: idleTimeoutMs },
      ncReporter(request, terminal),
    );
    if (bound === undefined) return "interrupted";
    const socket = admitting(bound, admission);
    const wasChosen = bindTarget.target.scheme !== "unix" && bindTarget.target.port === 0;
    const listening = { protocol, name: bindTarget.name };
    if (verbosity > 0 || wasChosen)
      for (const line of listeningOn(bound.address, listening)) terminal.say(line);
    const announce = (from: UdpAddress): void => {
      if (verbosity > 0) terminal.say(receivedFrom(from, bindTarget.name));
    };
    const peer = given["keep-open"] === true ? peerOn(socket, sendNothing) : firstPeer(socket, announce);
    return await relay(peer, request, terminal);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    terminal.say(notListening(error));
    return "unmet";
  }
}

async function relay(peer: DatagramPeer, request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, gapMs } = request;
  const isSilent = given.d === true || given["recv-only"] === true;
  const stdin = isSilent ? noInput() : terminal.input();
  const ended = given.crlf === true ? withCrlf(stdin) : stdin;
  const exit = await relayDatagrams(peer, terminal, {
    raw: false,
    receives: given["send-only"] !== true,
    reporter: reporterOf(request, terminal),
    input: gapMs === undefined ? ended : paced(ended, gapMs, systemClock),
    afterInput: afterInput(request),
    datagramsMax: given.W ?? Infinity,
  });
  return exitOfDatagrams(exit, request);
}

/** As in nc, neither silence nor an unreachable port is a failure. */
function exitOfDatagrams(exit: ExitName, { dialect }: NcRequest): ExitName {
  if (exit === "ok" || exit === "interrupted") return exit;
  return dialect === "nc" && exit !== "file" ? "ok" : "unmet";
}

/** -w ends successfully, without a message. */
function reporterOf(request: NcRequest, terminal: Terminal): Reporter {
  const reporter = ncReporter(request, terminal);
  const isSilent = request.dialect === "nc" && request.verbosity === 0;
  return {
    ...reporter,
    ended(error: NetError) {
      if (!isSilent || error.code !== "ERR_IDLE_TIMEOUT") reporter.ended(error);
    },
  };
}

/** When to end after the end of stdin. With -l or --recv-only, the end of stdin alone ends nothing. */
function afterInput({ given, idleTimeoutMs }: NcRequest): AfterInput | undefined {
  if (given["recv-only"] === true) return undefined;
  if (given["send-only"] === true) return { quitMs: 0, silenceMs: Infinity };
  if (given.listen !== true) return { quitMs: given.q ?? Infinity, silenceMs: idleTimeoutMs };
  return given.q === undefined ? undefined : { quitMs: given.q, silenceMs: Infinity };
}
