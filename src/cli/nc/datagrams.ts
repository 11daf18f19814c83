/**
 * `nc -u`: datagrams, with either role.
 */
import type { UdpAddress } from "../../base/address.ts";
import { systemClock } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { dial } from "../../net/index.ts";
import { seeWhoAnswers } from "../datagrams/connect.ts";
import { bindPlace, firstPeer, type HeardSocket } from "../datagrams/listen.ts";
import { talk, type DatagramPeer } from "../datagrams/talk.ts";
import type { ExitName } from "../exit.ts";
import { withCrlf } from "../interactive/crlf.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage.ts";
import { admissionOf, admitting } from "./admission.ts";
import { noInput, paced } from "./input.ts";
import type { NcRequest, NcTarget } from "./request.ts";
import { ncExit, ncNarrator } from "./talk.ts";
import { failed, listeningOn, notListening, receivedFrom, succeeded } from "./wording.ts";

/** What only connections have. */
const ofConnections = [
  "telnet",
  "W",
  "send-only",
  "recv-only",
  "x",
  "proxy",
  "broker",
  "chat",
  "output",
  "hex-dump",
] as const;

/** How long a port that says nothing is asked (-z), unless -w says so. */
const probeMs = 1_000;

/** @throws {UsageError} for flags that are for connections. */
export function refuseWithDatagrams({ given }: NcRequest): void {
  const name = ofConnections.find((flag) => given[flag] !== undefined);
  if (name !== undefined) {
    throw new UsageError(
      `${name.length === 1 ? "-" : "--"}${name} is for connections, not for datagrams (-u)`,
    );
  }
}

/** Talks to one port, or looks at several. */
export async function exchange(request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, targets } = request;
  if (given.z !== true && targets.length > 1) throw new UsageError("one port at a time with -u, or -z");
  let exit: ExitName = "unmet";
  for (const place of targets) {
    try {
      if (given.z === true) await look(place, request, terminal);
      else return await talkTo(place, request, terminal);
      exit = "ok";
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      if (given.z === true && request.verbosity === 0) continue;
      for (const line of failed(error, place.name)) terminal.say(line);
    }
  }
  return exit;
}

async function talkTo({ target, name }: NcTarget, request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, family, idleTimeoutMs, verbosity } = request;
  const narrator = ncNarrator(request, terminal);
  const peer = await dial(target, {
    family,
    from: { host: given.source, port: given["source-port"] },
    idleTimeoutMs,
    ...narrator.datagramObservers,
  });
  if (verbosity > 0 && typeof name !== "string") terminal.say(succeeded(name, peer.remote));
  return converse(peer, request, terminal);
}

/** As with nc, who does not say that nobody is there counts as somebody; with -v, the doubt is told. */
async function look({ target, name }: NcTarget, request: NcRequest, terminal: Terminal): Promise<void> {
  const { given, family, connectTimeoutMs = probeMs, verbosity } = request;
  const narrator = ncNarrator(request, terminal);
  const from = {
    ...(given.source === undefined ? {} : { source: given.source }),
    ...(given["source-port"] === undefined ? {} : { "source-port": given["source-port"] }),
  };
  let doubt = "";
  try {
    const watch = { narrator, signal: new AbortController().signal };
    await seeWhoAnswers(target, family, { timeout: connectTimeoutMs, ...from }, watch);
  } catch (error) {
    if (!(error instanceof NetError) || error.code !== "ERR_CONNECT_TIMEOUT") throw error;
    doubt = " (nobody has answered, and nobody has refused)";
  }
  if (verbosity > 0 && typeof name !== "string") terminal.say(succeeded(name, undefined) + doubt);
}

/** `nc -lu`: whoever speaks first is the peer; with -k everybody is heard, and nobody answered. */
export async function hear(request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, family, idleTimeoutMs, targets, verbosity, protocol } = request;
  const [place] = targets as readonly [NcTarget];
  const admission = admissionOf(given);
  try {
    const families = family === 4 ? ({ ipv4: true } as const) : family === 6 ? ({ ipv6: true } as const) : {};
    const bound = await bindPlace(
      place.target,
      { ...families, timeout: idleTimeoutMs },
      ncNarrator(request, terminal),
    );
    if (bound === undefined) return "interrupted";
    const socket = admitting(bound, admission);
    const wasChosen = place.target.scheme !== "unix" && place.target.port === 0;
    if (verbosity > 0 || wasChosen) terminal.say(listeningOn(bound.address, protocol));
    const announce = (from: UdpAddress): void => {
      if (verbosity > 0) terminal.say(receivedFrom(from));
    };
    const peer = given["keep-open"] === true ? everybody(socket) : firstPeer(socket, announce);
    return await converse(peer, request, terminal);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    terminal.say(notListening(error));
    return "unmet";
  }
}

function everybody(socket: HeardSocket): DatagramPeer {
  return {
    // Whom should it go to?
    send: () => Promise.resolve(),
    receive: async (options) => (await socket.receive(options))?.bytes ?? null,
    get stats() {
      return socket.stats;
    },
    close: () => socket.close(),
  };
}

async function converse(peer: DatagramPeer, request: NcRequest, terminal: Terminal): Promise<ExitName> {
  const { given, gapMs, idleTimeoutMs } = request;
  const stdin = given.d === true ? noInput() : terminal.input();
  const ended = given.crlf === true ? withCrlf(stdin) : stdin;
  const exit = await talk(peer, terminal, {
    raw: false,
    narrator: ncNarrator(request, terminal),
    input: gapMs === undefined ? ended : paced(ended, gapMs, systemClock),
    afterInput: given.listen === true ? undefined : { quitMs: given.q ?? Infinity, silenceMs: idleTimeoutMs },
  });
  return ncExit(exit, request);
}
