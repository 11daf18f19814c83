/**
 * `-v`: each stage in one line, as it happens.
 */
import { formatAddress } from "../../base/address/address.ts";
import type { CloseInfo, SocketEvent } from "../../base/events.ts";
import { datagramLine } from "./datagrams.ts";
import { formatBytes, formatMs } from "../../base/text/figures.ts";
import { quote } from "../../base/text/quote.ts";
import { errorLine } from "../error-line.ts";

/** The line that `-v` prints for an event; `undefined` if it prints none. */
export function verboseLine(event: SocketEvent): string | undefined {
  switch (event.type) {
    case "datagramsOpened":
    case "datagramReceived":
    case "datagramSent":
    case "datagramsDropped":
    case "datagramRefused":
    case "datagramsClosed":
      return datagramLine(event);
    case "resolveStarted":
    case "attemptStarted":
    case "connectFailed":
    case "resolveFailed":
    case "handshakeStarted":
    case "acceptingPaused":
    case "acceptingResumed":
      break;
    case "resolved":
      return `resolve ${event.host}: ${event.addresses.join(", ")} (${formatMs(event.durationMs)})`;
    case "attemptEnded":
      return `connect ${event.attempt.address}: ${event.attempt.outcome} (${formatMs(event.attempt.durationMs)})`;
    case "handshakeEnded":
      // `connectFailed` or the next attempt reports the failure.
      if (event.error !== undefined) break;
      return `proxy ${event.proxy}: connected to ${event.target} (${formatMs(event.durationMs)})`;
    case "startTlsSent":
      return `${event.protocol} sent: ${quote(event.text)}`;
    case "startTlsReceived":
      return `${event.protocol} received: ${quote(event.text)}`;
    case "retryScheduled":
      return `retry in ${formatMs(event.delayMs)}, after attempt ${event.tries}: ${errorLine(event.error)}`;
    case "opened":
      return `open ${formatAddress(event.local)} to ${nameOf(event.remote)}`;
    case "finReceived":
      return "receive: the peer's FIN";
    case "finSent":
      return "send: our FIN";
    case "closed":
      return `close: ${describeClose(event.closeInfo)}`;
    case "listening":
      return `listen ${formatAddress(event.address)}, backlog ${event.backlog}`;
    case "acceptFailed":
    case "proxyHeaderFailed":
    case "tlsHandshakeFailed":
    case "handlerFailed":
      return errorLine(event.error);
    case "refused":
      return `refuse ${nameOf(event.remote)}: ${whyRefused(event)} (${event.connections} connected)`;
    case "draining":
      return `drain: ${event.connections} connected, ${formatMs(event.drainMs)} to finish`;
    case "serverClosed":
      return `close: the server is closed, clients served: ${event.connectionsTotal}`;
  }
  return undefined;
}

/** How a connection closed, in one phrase: `fin by the peer, 4 bytes in, 61 bytes out, 5.0 s`. */
export function describeClose(closeInfo: CloseInfo): string {
  const by = closeInfo.by === "peer" ? "the peer" : "us";
  const unsent = closeInfo.bytesUnsent === 0 ? "" : `, ${formatBytes(closeInfo.bytesUnsent)} unsent`;
  const why =
    closeInfo.error === undefined || closeInfo.how === "reset" ? "" : ` (${errorLine(closeInfo.error)})`;
  return (
    `${closeInfo.how} by ${by}${why}, ${formatBytes(closeInfo.bytesReceived)} in, ` +
    `${formatBytes(closeInfo.bytesSent)} out${unsent}, ${formatMs(closeInfo.durationMs)}`
  );
}

export function whyRefused({ reason, limit }: Extract<SocketEvent, { readonly type: "refused" }>): string {
  switch (reason) {
    case "address":
      return "its address is not allowed";
    case "source":
      return `the limit of ${limit} connections from one source is reached`;
    case "rate":
      return "its source opens connections too fast";
    default:
      return `the limit of ${limit} ${reason} is reached`;
  }
}

export function nameOf(remote: Parameters<typeof formatAddress>[0] | undefined): string {
  return remote === undefined ? "a client that has disconnected" : formatAddress(remote);
}
