/**
 * The lines of `-v` and `--explain` for datagrams.
 */
import { formatAddress } from "../../base/address/address.ts";
import type { DatagramCloseInfo, SocketEvent } from "../../base/events.ts";
import { errorLine } from "../error-line.ts";
import { causeAndFix } from "./fix.ts";
import { formatBytes, formatMs } from "../../base/text/figures.ts";

export type DatagramEventOfSocket = Extract<SocketEvent, { readonly socket: number }>;

export function datagramLine(event: DatagramEventOfSocket): string {
  switch (event.type) {
    case "datagramsOpened": {
      const local = event.addresses.map(formatAddress).join(", ");
      return event.remote === undefined
        ? `bind ${local} for datagrams`
        : `open ${local} for datagrams to ${formatAddress(event.remote)}`;
    }
    case "datagramReceived":
      return `receive ${formatBytes(event.length)} from ${formatAddress(event.from)}`;
    case "datagramSent":
      return `send ${formatBytes(event.length)} to ${formatAddress(event.to)}`;
    case "datagramsDropped":
      return `drop ${datagrams(event.count)}: more than ${formatBytes(event.limit)} wait to be read`;
    case "datagramRefused":
      return errorLine(event.error);
    default:
      return `close: ${summary(event.closeInfo)}`;
  }
}

/** Explains the same events in sentences. What happens repeatedly is explained only the first time. */
export class DatagramExplainer {
  readonly #explained = new Set<DatagramEventOfSocket["type"]>();

  explain(event: DatagramEventOfSocket): string[] {
    const isFirst = !this.#explained.has(event.type);
    this.#explained.add(event.type);
    switch (event.type) {
      case "datagramsOpened":
        return [
          stage("create", "a socket for datagrams: each is a single packet, and there is no connection."),
          stage(
            "bind",
            `${event.addresses.map(formatAddress).join(", ")} is its address. Peers send datagrams to it.`,
          ),
          ...(event.remote === undefined
            ? []
            : [
                stage(
                  "connect",
                  `${formatAddress(event.remote)} is stored as the only peer. No packet is sent,`,
                ),
                more("so this does not show whether anything listens there."),
              ]),
        ];
      case "datagramSent":
        if (!isFirst) return [];
        return [
          stage(
            "send",
            `the first datagram, of ${formatBytes(event.length)}, goes to ${formatAddress(event.to)}. It`,
          ),
          more("arrives whole or not at all. UDP does not retransmit it, and does not report a loss."),
        ];
      case "datagramReceived":
        if (!isFirst) return [];
        return [
          stage(
            "receive",
            `the first datagram, of ${formatBytes(event.length)}, from ${formatAddress(event.from)}. It is whole, as it was sent.`,
          ),
        ];
      case "datagramsDropped":
        return [
          stage(
            "receive",
            `${datagrams(event.count)} dropped: more than ${formatBytes(event.limit)} wait to be read.`,
          ),
          more("UDP has no flow control that could slow the sender down."),
        ];
      case "datagramRefused":
        return [
          stage("receive", `${event.error.address ?? ""}: ${event.error.happened}.`),
          more("The other host reported it with ICMP. Not every host does."),
          ...causeAndFix(event.error),
        ];
      default:
        return [
          stage("close", `${summary(event.closeInfo)}.`),
          ...(event.closeInfo.error === undefined ? [] : causeAndFix(event.closeInfo.error)),
        ];
    }
  }
}

/** `2 datagrams (12 bytes) in, 1 (4 bytes) out, 5.0 s`. */
function summary(closeInfo: DatagramCloseInfo): string {
  const dropped = closeInfo.datagramsDropped === 0 ? "" : `, ${closeInfo.datagramsDropped} of them dropped`;
  const why = closeInfo.error === undefined ? "" : `${errorLine(closeInfo.error)}, `;
  return (
    `${why}${datagrams(closeInfo.datagramsReceived)} (${formatBytes(closeInfo.bytesReceived)}) in${dropped}, ` +
    `${closeInfo.datagramsSent} (${formatBytes(closeInfo.bytesSent)}) out, ${formatMs(closeInfo.durationMs)}`
  );
}

function datagrams(count: number): string {
  return `${count} ${count === 1 ? "datagram" : "datagrams"}`;
}

function stage(name: string, text: string): string {
  return `${name.padEnd(8)} ${text}`;
}

function more(text: string): string {
  return `${" ".repeat(8)} ${text}`;
}
