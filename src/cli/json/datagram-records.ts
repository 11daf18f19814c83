/**
 * Datagram sockets in the object that `--json` prints at the end.
 */
import type { UdpAddress } from "../../base/address/address.ts";
import type { DatagramBytesEvent, DatagramCloseInfo, SocketEvent } from "../../base/events.ts";
import {
  address,
  bytes,
  count,
  datagramCloseInfo,
  list,
  object,
  oneOf,
  orNull,
  type Shape,
} from "./shapes.ts";

interface DatagramRecord {
  readonly direction: "received" | "sent";
  readonly peer: UdpAddress;
  readonly bytes: Uint8Array;
}

export interface DatagramSocketRecord {
  readonly socket: number;
  readonly addresses: readonly UdpAddress[];
  readonly remote: UdpAddress | undefined;
  /** How it closed; `undefined` if it was still open when the command ended. */
  closeInfo: DatagramCloseInfo | undefined;
  /** All datagrams in order. Empty if each was already printed as an event. */
  readonly datagrams: DatagramRecord[] | undefined;
  /** Datagrams that were left out because the report was full. */
  datagramsLeftOut: number;
}

/** The most bytes to keep, with an overhead for each datagram. */
const bytesMax = 16_777_216;
const costBytes = 256;

export const datagramSocketShape: Shape<DatagramSocketRecord> = object<DatagramSocketRecord>({
  socket: count,
  addresses: list(address),
  remote: orNull(address),
  closeInfo: orNull(datagramCloseInfo),
  datagrams: orNull(
    list(object<DatagramRecord>({ direction: oneOf("received", "sent"), peer: address, bytes })),
  ),
  datagramsLeftOut: count,
});

type DatagramReportEvent = Extract<SocketEvent, { readonly socket: number }> | DatagramBytesEvent;

export class DatagramRecords {
  readonly #keepsBytes: boolean;
  readonly #records = new Map<number, DatagramSocketRecord>();
  #bytesKept = 0;

  constructor(keepsBytes: boolean) {
    this.#keepsBytes = keepsBytes;
  }

  get records(): readonly DatagramSocketRecord[] {
    return [...this.#records.values()];
  }

  note(event: DatagramReportEvent): void {
    const { socket } = event;
    if (event.type === "datagramsOpened") {
      const { addresses, remote } = event;
      const datagrams = this.#keepsBytes ? [] : undefined;
      this.#records.set(socket, {
        socket,
        addresses,
        remote,
        closeInfo: undefined,
        datagrams,
        datagramsLeftOut: 0,
      });
      return;
    }
    const record = this.#records.get(socket);
    if (record === undefined) return;
    if (event.type === "datagramsClosed") record.closeInfo = event.closeInfo;
    else if ("peer" in event) this.#keep(record, event);
  }

  #keep(record: DatagramSocketRecord, { type, peer, bytes: view }: DatagramBytesEvent): void {
    if (record.datagrams === undefined) return;
    this.#bytesKept += view.length + costBytes;
    const direction = type === "datagramBytesReceived" ? "received" : "sent";
    if (this.#bytesKept <= bytesMax) record.datagrams.push({ direction, peer, bytes: view.slice() });
    else record.datagramsLeftOut++;
  }
}
