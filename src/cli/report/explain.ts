/**
 * `--explain`: each stage in a sentence or two, with its time and its addresses.
 *
 * Written for readers who are new to sockets. The cause and the fix of a failure are in fix.ts.
 */
import { formatAddress, type Address } from "../../base/address/address.ts";
import { describeSystemCode, type Attempt } from "../../base/errors.ts";
import type { BytesEvent, ConnectionId, CloseInfo, SocketEvent } from "../../base/events.ts";
import { errorLine } from "../error-line.ts";
import { causeAndFix } from "./fix.ts";
import { DatagramExplainer } from "./datagrams.ts";
import { formatBytes, formatMs } from "../../base/text/figures.ts";
import { quote } from "../../base/text/quote.ts";
import { nameOf, whyRefused } from "./verbose.ts";

/** Explains events as they happen. A command has one explainer. */
export class Explainer {
  readonly #say: (line: string) => void;
  readonly #portAsked: number | undefined;
  readonly #datagrams = new DatagramExplainer();
  #created = false;
  /** Connections that have sent or received bytes, so that only the first bytes are explained. */
  readonly #begun = { bytesSent: new Set<ConnectionId>(), bytesReceived: new Set<ConnectionId>() };

  /** @param portAsked the port to connect from, if one was asked for. */
  constructor(say: (line: string) => void, portAsked: number | undefined) {
    this.#say = say;
    this.#portAsked = portAsked;
  }

  /** Explains the first bytes sent and the first bytes received. */
  bytes({ type, connection, bytes }: BytesEvent): void {
    if (this.#begun[type].has(connection)) return;
    this.#begun[type].add(connection);
    if (type === "bytesSent") {
      this.#stage(
        "send",
        `the first ${formatBytes(bytes.length)} go to the system, which sends them and retransmits`,
      );
      this.#more("lost segments until the peer acknowledges them.");
    } else {
      this.#stage(
        "receive",
        `the first ${formatBytes(bytes.length)} from the peer. TCP delivers a stream: the pieces in which`,
      );
      this.#more("the bytes arrive need not be the pieces that were sent.");
    }
  }

  event(event: SocketEvent): void {
    switch (event.type) {
      case "resolveStarted":
        this.#create();
        return this.#stage(
          "resolve",
          `${event.host}: a connection needs an address, so the name is looked up`,
          "(by the system, as for other programs: hosts file, name servers and so on).",
        );
      case "resolved":
        return this.#more(`found ${event.addresses.join(", ")} in ${formatMs(event.durationMs)}.`);
      case "resolveFailed":
        return this.#more(`failed after ${formatMs(event.durationMs)}.`);
      case "attemptStarted":
        this.#create();
        return this.#stage(
          "connect",
          event.address.startsWith("unix:")
            ? `${event.address}: asking the system for the socket that listens at that path.`
            : `${event.address}: sending SYN, and waiting for the answer.`,
        );
      case "attemptEnded":
        return this.#more(outcomeOf(event.attempt));
      case "handshakeStarted":
        return this.#stage(
          "proxy",
          `${event.proxy} is connected, and is asked for a connection to ${event.target}.`,
          "The proxy looks the name up itself, and forwards bytes in both directions.",
        );
      case "handshakeEnded":
        return this.#more(
          event.error === undefined
            ? `accepted in ${formatMs(event.durationMs)}: the connection now leads to ${event.target}.`
            : `failed after ${formatMs(event.durationMs)}: ${event.error.happened}.`,
        );
      case "startTlsSent":
        return this.#stage("starttls", `sent in plain text: ${quote(event.text)}`);
      case "startTlsReceived":
        return this.#more(`the server: ${quote(event.text)}`);
      case "retryScheduled":
        return this.#stage(
          "retry",
          `attempt ${event.tries} failed, and may succeed later. The next attempt is in`,
          `${formatMs(event.delayMs)}.`,
        );
      case "connectFailed":
        return;
      case "opened":
        return this.#opened(event.role, event.local, event.remote);
      case "finSent":
        return this.#stage("send", "FIN: nothing more will be sent. Receiving goes on until the peer's FIN.");
      case "finReceived":
        return this.#stage("receive", "the peer's FIN: it will send nothing more.");
      case "closed":
        this.#closed(event.closeInfo);
        this.#begun.bytesSent.delete(event.connection);
        this.#begun.bytesReceived.delete(event.connection);
        return;
      case "listening":
        this.#stage("create", "a socket: one end of a connection, not connected to a peer yet.");
        this.#stage(
          "bind",
          `${formatAddress(event.address)} is now this socket's address. Clients connect to it.`,
          reachableFrom(event.address),
        );
        return this.#stage(
          "listen",
          `up to ${event.backlog} clients can wait in the system's queue (the backlog) to be accepted.`,
        );
      case "refused":
        return this.#stage(
          "accept",
          `${nameOf(event.remote)} is refused: ${whyRefused(event)} (${event.connections} connected).`,
        );
      case "acceptFailed":
      case "proxyHeaderFailed":
      case "tlsHandshakeFailed":
        return this.#stage("accept", errorLine(event.error));
      case "acceptingPaused":
        return this.#stage(
          "accept",
          "paused: the maximum number of clients is connected. Further clients wait in the queue.",
        );
      case "acceptingResumed":
        return this.#stage("accept", "resumed: a client has left, so the next one can be accepted.");
      case "handlerFailed":
        return this.#stage("close", errorLine(event.error));
      case "draining":
        return this.#stage(
          "close",
          `no new clients. ${event.connections} connected, with ${formatMs(event.drainMs)} to finish.`,
        );
      case "serverClosed":
        this.#stage("close", `the server is closed; clients served: ${event.connectionsTotal}.`);
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
    this.#stage("create", "a socket: one end of a connection, not connected to a peer yet.");
  }

  #opened(role: "client" | "server", local: Address, remote: Address | undefined): void {
    if (role === "server") {
      this.#stage("accept", `${nameOf(remote)} is taken from the queue. It has a socket of its own,`);
      this.#more("and the listening socket is free for the next client.");
      return;
    }
    if (local.family === "unix") return;
    const chose = local.port === this.#portAsked ? "you" : "the system";
    this.#more(
      `our end is ${formatAddress(local)}; ${chose} chose that port, to which the peer sends its replies.`,
    );
  }

  #closed(closeInfo: CloseInfo): void {
    const whoFirst = closeInfo.by === "peer" ? "the peer" : "our side";
    const how: Record<CloseInfo["how"], string> = {
      fin: `both sides have sent FIN (${whoFirst} first)`,
      reset: "the peer reset the connection (RST); data in transit is lost",
      timeout: "we closed it: a timeout was reached",
      limit: "we closed it: a limit was reached",
      protocol: "we closed it: the peer sent invalid data",
      aborted: "we reset the connection (RST)",
      failed: "the connection failed",
    };
    this.#stage("close", `${how[closeInfo.how]}. ${formatBytes(closeInfo.bytesReceived)} received,`);
    this.#more(`${formatBytes(closeInfo.bytesSent)} sent, in ${formatMs(closeInfo.durationMs)}.`);
    if (closeInfo.error === undefined) return;
    this.#more(`${errorLine(closeInfo.error)}.`);
    for (const line of causeAndFix(closeInfo.error)) this.#say(line);
  }

  #stage(stage: string, text: string, more?: string): void {
    this.#say(`${stage.padEnd(8)} ${text}`);
    if (more !== undefined) this.#more(more);
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
  if (outcome === "abandoned") return `${address}: no answer in ${time}; abandoned.`;
  return `${address}: ${describeSystemCode(outcome, { stage: "connect", address })} after ${time}.`;
}

function reachableFrom(address: Address): string {
  if (address.family === "unix") return "Programs on this machine with permission for that file can connect.";
  if (address.host === "0.0.0.0" || address.host === "::") {
    return "It stands for all addresses of this machine: any host that can reach one can connect.";
  }
  if (address.host === "::1" || address.host.startsWith("127.")) {
    return "It is a loopback address: only programs on this machine can connect.";
  }
  return "Any host that can reach this address can connect.";
}
