/**
 * `--explain`: each stage in a teacher's words, with its time and its addresses.
 *
 * Made for somebody who sees sockets for the first time; what went wrong, and what
 * to do about it, is in cure.ts.
 */
import { formatAddress, type Address } from "../../base/address/address.ts";
import { describeSystemCode, type Attempt } from "../../base/errors.ts";
import type { BytesEvent, ConnectionId, CloseInfo, SocketEvent } from "../../base/events.ts";
import { errorLine } from "../error-line.ts";
import { causeAndFix } from "./fix.ts";
import { DatagramExplainer } from "./datagrams.ts";
import { formatBytes, formatMs } from "../../base/text/figures.ts";
import { nameOf, whyRefused } from "./verbose.ts";

/** Explains events as they come; one explainer for one command. */
export class Explainer {
  readonly #say: (line: string) => void;
  readonly #portAsked: number | undefined;
  readonly #datagrams = new DatagramExplainer();
  #created = false;
  /** Connections on which bytes have gone out, and come. */
  readonly #begun = { bytesSent: new Set<ConnectionId>(), bytesReceived: new Set<ConnectionId>() };

  /** @param portAsked the port to connect from, if one was asked for. */
  constructor(say: (line: string) => void, portAsked: number | undefined) {
    this.#say = say;
    this.#portAsked = portAsked;
  }

  /** Bytes went out, or came; the first of each are worth a word. */
  bytes({ type, connection, bytes }: BytesEvent): void {
    if (this.#begun[type].has(connection)) return;
    this.#begun[type].add(connection);
    if (type === "bytesSent") {
      this.#stage(
        "send",
        `the first ${formatBytes(bytes.length)} are handed to the system, which sends them on and repeats`,
      );
      this.#more("what gets lost, until the peer has said that they arrived.");
    } else {
      this.#stage(
        "receive",
        `the first ${formatBytes(bytes.length)} from the peer are here. They come as a stream: how they are`,
      );
      this.#more("cut into pieces on the way means nothing.");
    }
  }

  event(event: SocketEvent): void {
    switch (event.type) {
      case "resolveStarted":
        this.#create();
        this.#stage("resolve", `${event.host}: computers are reached by address, so the name is looked up`);
        this.#more("(by the system, as for other programs: the hosts file, the name servers…).");
        return;
      case "resolved":
        this.#more(`found ${event.addresses.join(", ")} in ${formatMs(event.durationMs)}.`);
        return;
      case "resolveFailed":
        this.#more(`failed after ${formatMs(event.durationMs)}.`);
        return;
      case "attemptStarted":
        this.#create();
        this.#stage(
          "connect",
          event.address.startsWith("unix:")
            ? `${event.address}: we ask the system for the program that listens at that path.`
            : `${event.address}: we knock with a SYN packet, and wait for the answer.`,
        );
        return;
      case "attemptEnded":
        this.#more(outcomeOf(event.attempt));
        return;
      case "handshakeStarted":
        this.#stage("proxy", `${event.proxy} is reached, and is asked to connect us to ${event.target};`);
        this.#more("it looks the name up itself, and what it passes on is all that we see of the target.");
        return;
      case "handshakeEnded":
        this.#more(
          event.error === undefined
            ? `it has, in ${formatMs(event.durationMs)}: from here on we talk to ${event.target} through it.`
            : `it has not, after ${formatMs(event.durationMs)}: ${event.error.happened}.`,
        );
        return;
      case "retryScheduled":
        this.#stage("retry", `try ${event.tries} has failed, and that may pass: the next one comes after`);
        this.#more(`${formatMs(event.delayMs)}.`);
        return;
      case "connectFailed":
        return;
      case "opened":
        this.#opened(event.role, event.local, event.remote);
        return;
      case "finSent":
        this.#stage(
          "send",
          "our side is done: a FIN packet says so. We go on receiving until the peer has said the same.",
        );
        return;
      case "finReceived":
        this.#stage("receive", "the peer's FIN: it has said everything that it wanted to say.");
        return;
      case "closed":
        this.#closed(event.closeInfo);
        this.#begun.bytesSent.delete(event.connection);
        this.#begun.bytesReceived.delete(event.connection);
        return;
      case "listening":
        this.#stage("create", "a socket: one end of a connection, with nobody at the other end yet.");
        this.#stage(
          "bind",
          `${formatAddress(event.address)} is now this socket's address: whoever sends there reaches us.`,
        );
        this.#more(whoMayCome(event.address));
        this.#stage(
          "listen",
          `up to ${event.backlog} clients may wait in the system's queue (the backlog) to be accepted.`,
        );
        return;
      case "refused":
        this.#stage(
          "accept",
          `${nameOf(event.remote)} is refused: ${whyRefused(event)}, and ${event.connections} are here.`,
        );
        return;
      case "acceptFailed":
        this.#stage("accept", errorLine(event.error));
        return;
      case "acceptingPaused":
        this.#stage(
          "accept",
          "as many clients as may be served at once are here; those who come now wait their turn.",
        );
        return;
      case "acceptingResumed":
        this.#stage("accept", "there is room again for the next client.");
        return;
      case "handlerFailed":
        this.#stage("close", errorLine(event.error));
        return;
      case "draining":
        this.#stage(
          "close",
          `no new clients; ${event.connections} are given ${formatMs(event.drainMs)} to finish.`,
        );
        return;
      case "serverClosed":
        this.#stage("close", `the server has ended; clients served: ${event.connectionsTotal}.`);
        return;
      case "datagramsOpened":
      case "datagramReceived":
      case "datagramSent":
      case "datagramsDropped":
      case "datagramRefused":
      case "datagramsClosed":
        for (const line of this.#datagrams.explain(event)) this.#say(line);
        return;
    }
  }

  #create(): void {
    if (this.#created) return;
    this.#created = true;
    this.#stage("create", "a socket: one end of a connection, with nobody at the other end yet.");
  }

  #opened(role: "client" | "server", local: Address, remote: Address | undefined): void {
    if (role === "server") {
      this.#stage("accept", `${nameOf(remote)} is taken from the queue: it has a connection of its own now,`);
      this.#more("and the listening socket is free for the next one.");
      return;
    }
    if (local.family === "unix") return;
    const chose = local.port === this.#portAsked ? "you" : "the system";
    this.#more(
      `our end is ${formatAddress(local)}; ${chose} chose that port, so that answers find their way back.`,
    );
  }

  #closed(closeInfo: CloseInfo): void {
    const whoFirst = closeInfo.by === "peer" ? "the peer" : "our side";
    const how: Record<CloseInfo["how"], string> = {
      fin: `both sides have said that they are done (${whoFirst} first)`,
      reset: "the peer cut the connection off (RST): what was under way is lost",
      timeout: "we ended it: a deadline was reached",
      limit: "we ended it: a limit was reached",
      protocol: "we ended it: what came made no sense",
      aborted: "we cut the connection off (RST)",
      failed: "it failed",
    };
    this.#stage("close", `${how[closeInfo.how]}. ${formatBytes(closeInfo.bytesReceived)} came,`);
    this.#more(`${formatBytes(closeInfo.bytesSent)} went, in ${formatMs(closeInfo.durationMs)}.`);
    if (closeInfo.error === undefined) return;
    this.#more(`${errorLine(closeInfo.error)}.`);
    for (const line of causeAndFix(closeInfo.error)) this.#say(line);
  }

  #stage(stage: string, text: string): void {
    this.#say(`${stage.padEnd(8)} ${text}`);
  }

  #more(text: string): void {
    this.#say(`${" ".repeat(8)} ${text}`);
  }
}

function outcomeOf({ address, outcome, durationMs }: Attempt): string {
  const time = formatMs(durationMs);
  if (outcome === "connected") {
    return address.startsWith("unix:")
      ? `connected in ${time}.`
      : `${address} answered in ${time} (SYN-ACK): connected.`;
  }
  if (outcome === "abandoned") return `${address}: no answer in ${time}, and no longer waited for.`;
  return `${address}: ${describeSystemCode(outcome, { stage: "connect", address })} after ${time}.`;
}

function whoMayCome(address: Address): string {
  if (address.family === "unix") return "Programs on this machine that may use that file can connect.";
  if (address.host === "0.0.0.0" || address.host === "::") {
    return "It stands for all addresses of this machine: everyone who can reach it can connect.";
  }
  if (address.host === "::1" || address.host.startsWith("127.")) {
    return "It is a loopback address: only programs on this machine can connect.";
  }
  return "Everyone who can reach this address can connect.";
}
