/**
 * What `-v` and `--explain` say of datagrams.
 */
import { formatAddress } from "../../base/address/address.ts";
import type { DatagramCloseInfo, SocketEvent } from "../../base/events.ts";
import { errorLine } from "../error-line.ts";
import { causeAndFix } from "./fix.ts";
import { formatBytes, formatMs } from "../../base/text/figures.ts";

/** The events of datagram sockets. */
export type DatagramStory = Extract<SocketEvent, { readonly socket: number }>;

/** What `-v` says of an event. */
export function datagramLine(event: DatagramStory): string {
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

/** Tells the same in a teacher's words; what happens again and again, only the first time. */
export class DatagramExplainer {
  readonly #told = new Set<DatagramStory["type"]>();

  explain(event: DatagramStory): string[] {
    const isFirst = !this.#told.has(event.type);
    this.#told.add(event.type);
    switch (event.type) {
      case "datagramsOpened":
        return [
          stage("create", "a socket for datagrams: each is a packet of its own, and there is no connection."),
          stage(
            "bind",
            `${event.addresses.map(formatAddress).join(", ")} is its address: whoever sends there reaches us.`,
          ),
          ...(event.remote === undefined
            ? []
            : [
                stage(
                  "connect",
                  `${formatAddress(event.remote)} is noted as the only peer. Nothing is sent for that:`,
                ),
                more("whether somebody is there, we shall see."),
              ]),
        ];
      case "datagramSent":
        if (!isFirst) return [];
        return [
          stage(
            "send",
            `the first datagram, of ${formatBytes(event.length)}, is on its way to ${formatAddress(event.to)}. It`,
          ),
          more("arrives whole or not at all; nobody repeats it, and nobody tells us which."),
        ];
      case "datagramReceived":
        if (!isFirst) return [];
        return [
          stage(
            "receive",
            `the first datagram, of ${formatBytes(event.length)}, from ${formatAddress(event.from)}: whole, as it was sent.`,
          ),
        ];
      case "datagramsDropped":
        return [
          stage(
            "receive",
            `${datagrams(event.count)} thrown away: more than ${formatBytes(event.limit)} wait to be read,`,
          ),
          more("and nothing holds a sender of datagrams back."),
        ];
      case "datagramRefused":
        return [
          stage("receive", `${event.error.address ?? ""}: ${event.error.happened}.`),
          more("The other system has sent word of that (ICMP), which not every one does."),
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
