/**
 * `portcall listen -u`: talk to those whose datagrams come, by hand.
 */
import { formatAddress, type Target, type UdpAddress } from "../../../base/address/address.ts";
import { NetError } from "../../../base/errors.ts";
import { bind, type BoundSocket } from "../../../net/index.ts";
import { exitOfError, type ExitName } from "../../exit.ts";
import { createNarrator, type Narrator, type NarratorOptions } from "../../report/reporter.ts";
import { addressOf, placeToListen, type PlaceOptions } from "../../args/address-arguments.ts";
import { groupToHear, type GroupOptions } from "./multicast.ts";
import { Interruption } from "../../signals.ts";
import type { Terminal } from "../../tty/terminal.ts";
import { allowOnly } from "./allowed-options.ts";
import { talkToCrowd } from "./client-hub.ts";
import { talk, type DatagramPeer } from "./stdio-relay.ts";

interface Given extends NarratorOptions, PlaceOptions, GroupOptions {
  readonly keep?: true;
  readonly timeout?: number;
  readonly "idle-timeout"?: number;
  readonly raw?: true;
  readonly hex?: true;
}

export async function listenDatagrams(target: Target, given: Given, terminal: Terminal): Promise<ExitName> {
  allowOnly({ ...given }, [
    "keep",
    "timeout",
    "idle-timeout",
    "raw",
    "interface",
    ...(given.keep === true ? [] : ["hex"]),
  ]);
  const narrator = createNarrator(given, terminal);
  const raw = given.raw === true;
  try {
    const socket = await bindPlace(target, given, narrator);
    if (socket === undefined) return "interrupted";
    if (target.scheme === "udp" && target.port === 0) {
      terminal.say(`listening on ${formatAddress(socket.address)} (datagrams)`);
    }
    if (given.keep === true) return await talkToCrowd(socket, terminal, { raw, narrator });
    // The end of stdin is no reason to hear no more.
    return await talk(firstPeer(socket), terminal, {
      raw,
      hex: given.hex === true,
      narrator,
      afterInput: undefined,
    });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await narrator.failed(error, addressOf(target));
    return exitOfError(error);
  }
}

/** Binds where a target says; `undefined` if a signal comes first. */
export async function bindPlace(
  target: Target,
  given: PlaceOptions &
    GroupOptions & { readonly timeout?: number | undefined; readonly "idle-timeout"?: number },
  narrator: Narrator,
): Promise<BoundSocket | undefined> {
  const signals = new Interruption();
  try {
    return await signals.before(
      bind({
        ...placeToListen(target, given),
        ...groupToHear(target, given),
        engine: given.engine,
        inactivityTimeoutMs: given["idle-timeout"] ?? given.timeout ?? Infinity,
        ...narrator.datagramObservers,
      }),
    );
  } finally {
    signals.ignore();
  }
}

/** What of a bound socket a conversation uses. */
export type HeardSocket = Pick<BoundSocket, "receive" | "sendTo" | "stats" | "close">;

/** As with nc, whoever sends the first datagram is the peer: nobody else is heard, and what is typed before waits. */
export function firstPeer(socket: HeardSocket, announce?: (peer: UdpAddress) => void): DatagramPeer {
  let peer: UdpAddress | undefined;
  let tellPeer!: (address: UdpAddress) => void;
  const known = new Promise<UdpAddress>((resolve) => {
    tellPeer = resolve;
  });
  return {
    async send(bytes) {
      await socket.sendTo(bytes, await known);
    },
    async receive(options) {
      for (;;) {
        const datagram = await socket.receive(options);
        if (datagram === null) return null;
        if (peer === undefined) {
          tellPeer((peer = datagram.from));
          announce?.(peer);
        }
        if (peer.port === datagram.from.port && peer.host === datagram.from.host) return datagram.bytes;
      }
    },
    get stats() {
      return socket.stats;
    },
    close: () => socket.close(),
  };
}
