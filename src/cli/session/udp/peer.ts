/**
 * The far end of a datagram relay: one peer, or all senders and one address to send to.
 */
import type { UdpAddress } from "../../../base/address/address.ts";
import type { DatagramCloseInfo } from "../../../base/events.ts";
import type { BoundUdpSocket } from "../../../net/index.ts";

/** A peer to exchange datagrams with. */
export interface DatagramPeer {
  send(bytes: Uint8Array): Promise<void>;
  /** The peer's next datagram; `null` when the socket is closed. */
  receive(options: { readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<Uint8Array | null>;
  readonly stats: { readonly datagramsReceived: number };
  close(): Promise<DatagramCloseInfo>;
}

/** The part of a bound socket that a relay uses. */
export type ListeningSocket = Pick<BoundUdpSocket, "receive" | "sendTo" | "stats" | "close">;

/** A peer on a bound socket: `accepts` decides by the sender which datagrams are the peer's. */
export function peerOn(
  socket: ListeningSocket,
  send: DatagramPeer["send"],
  accepts: (from: UdpAddress) => boolean = () => true,
): DatagramPeer {
  return {
    send,
    async receive(options) {
      for (;;) {
        const datagram = await socket.receive(options);
        if (datagram === null) return null;
        if (accepts(datagram.from)) return datagram.bytes;
      }
    },
    get stats() {
      return socket.stats;
    },
    close: () => socket.close(),
  };
}

/** As in nc, the sender of the first datagram is the peer. Other senders are ignored, and input waits until then. */
export function firstPeer(socket: ListeningSocket, announce?: (peer: UdpAddress) => void): DatagramPeer {
  let peer: UdpAddress | undefined;
  let foundPeer!: (address: UdpAddress) => void;
  const known = new Promise<UdpAddress>((resolve) => {
    foundPeer = resolve;
  });
  return peerOn(
    socket,
    async (bytes) => socket.sendTo(bytes, await known),
    (from) => {
      if (peer === undefined) {
        foundPeer((peer = from));
        announce?.(peer);
      }
      return peer.port === from.port && peer.host === from.host;
    },
  );
}
