/**
 * Datagrams of a network in memory. They are lost, duplicated or reordered only if the engine's options say so, and
 * then reproducibly.
 */
import { canonicalTcpAddress, formatAddress, type UdpAddress } from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import {
  datagramBytesMax,
  type DatagramWire,
  type DatagramWireEvents,
  type DatagramWireOptions,
} from "../datagram.ts";
import { WireError } from "../wire-error.ts";
import type { Hold, ProcessLife } from "./process-life.ts";

/** A datagram on its way through a network in memory. */
export interface MemoryDatagram {
  /** The sender. */
  readonly from: UdpAddress;
  /** The receiver. */
  readonly to: UdpAddress;
  /** Valid only during the call. */
  readonly bytes: Uint8Array;
}

export interface MemoryDatagramsParts {
  readonly clock: Clock;
  /** Runs a task later, never at once. */
  readonly schedule: (task: () => void) => void;
  /** When each copy of a datagram arrives, in milliseconds from now. */
  readonly arrivals: (datagram: MemoryDatagram) => readonly number[];
  readonly choosePort: () => number;
  /** Each socket holds it until it is closed. */
  readonly life: ProcessLife;
}

/** All datagram sockets of one network. */
export class MemoryDatagrams {
  readonly #parts: MemoryDatagramsParts;
  readonly #wires = new Map<string, MemoryDatagramWire>();

  constructor(parts: MemoryDatagramsParts) {
    this.#parts = parts;
  }

  open(asked: UdpAddress, options: DatagramWireOptions): Promise<DatagramWire> {
    const local =
      asked.port === 0 ? canonicalTcpAddress(asked.family, asked.host, this.#parts.choosePort()) : asked;
    const key = formatAddress(local);
    if (this.#wires.has(key)) return Promise.reject(new WireError("EADDRINUSE", "bind"));
    const hold = this.#parts.life.hold();
    const wire = new MemoryDatagramWire(local, options.remote, this.#parts.schedule, {
      send: (sender, to, from, bytes) => {
        this.#send(sender, to, from, bytes);
      },
      forget: () => {
        this.#wires.delete(key);
        hold.release();
      },
      hold,
    });
    this.#wires.set(key, wire);
    return Promise.resolve(wire);
  }

  #send(sender: MemoryDatagramWire, to: UdpAddress, local: UdpAddress | undefined, view: Uint8Array): void {
    // Every address belongs to this machine. The system chooses the peer's own address.
    const chosen = local === undefined || isWildcard(local) ? to : local;
    const from = isWildcard(sender.local)
      ? canonicalTcpAddress(chosen.family, chosen.host, sender.local.port)
      : sender.local;
    const bytes = new Uint8Array(view);
    for (const delayMs of this.#parts.arrivals({ from, to, bytes })) {
      const arrive = (): void => {
        this.#parts.schedule(() => {
          this.#arrive(sender, from, to, bytes);
        });
      };
      if (delayMs === 0) arrive();
      else this.#parts.clock.after(delayMs, arrive);
    }
  }

  #arrive(sender: MemoryDatagramWire, from: UdpAddress, to: UdpAddress, bytes: Uint8Array): void {
    const receiver = this.#at(to);
    if (receiver === undefined) sender.refused();
    else receiver.deliver(bytes, from, to);
  }

  #at(to: UdpAddress): MemoryDatagramWire | undefined {
    const own = this.#wires.get(formatAddress(to));
    if (own !== undefined) return own;
    const wildcards = to.family === 4 ? ["0.0.0.0", "[::]"] : ["[::]"];
    return wildcards.map((host) => this.#wires.get(`${host}:${to.port}`)).find((wire) => wire !== undefined);
  }
}

function isWildcard({ host }: UdpAddress): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** What a wire needs of its network. */
interface Network {
  readonly send: (
    from: MemoryDatagramWire,
    to: UdpAddress,
    local: UdpAddress | undefined,
    bytes: Uint8Array,
  ) => void;
  readonly forget: () => void;
  readonly hold: Hold;
}

class MemoryDatagramWire implements DatagramWire {
  readonly stableViews = false;
  readonly local: UdpAddress;
  readonly remote: UdpAddress | undefined;
  /** Always 0: a datagram is sent at once, though its `done` is called later. */
  readonly pendingBytes: number = 0;
  readonly #schedule: (task: () => void) => void;
  readonly #network: Network;
  #events: DatagramWireEvents | undefined;
  #closed = false;

  constructor(
    local: UdpAddress,
    remote: UdpAddress | undefined,
    schedule: (task: () => void) => void,
    network: Network,
  ) {
    this.local = local;
    this.remote = remote;
    this.#schedule = schedule;
    this.#network = network;
  }

  start(events: DatagramWireEvents): void {
    this.#events = events;
  }

  send(
    bytes: Uint8Array,
    to: UdpAddress | undefined,
    local: UdpAddress | undefined,
    done: (error: WireError | undefined) => void,
  ): void {
    const destination = (to ?? this.remote) as UdpAddress;
    const code = this.#refuses(destination, bytes.length);
    if (code === undefined) this.#network.send(this, destination, local, bytes);
    this.#schedule(() => {
      done(code === undefined ? undefined : new WireError(code, "send"));
    });
  }

  holdProcess(holds: boolean): void {
    this.#network.hold.set(holds);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#network.forget();
    this.#schedule(() => {
      this.#events?.closed();
    });
  }

  deliver(bytes: Uint8Array, from: UdpAddress, local: UdpAddress): void {
    if (this.#closed || (this.remote !== undefined && formatAddress(from) !== formatAddress(this.remote))) {
      return;
    }
    // As short-lived as the contract allows: overwritten as soon as the call returns.
    const view = new Uint8Array(bytes);
    this.#events?.received(view, from, local);
    view.fill(0xdd);
  }

  /** No socket is there: only a connected sender receives an error. */
  refused(): void {
    if (!this.#closed && this.remote !== undefined) {
      this.#events?.failed(new WireError("ECONNREFUSED", "receive"));
    }
  }

  #refuses(to: UdpAddress, length: number): string | undefined {
    if (to.family === 6 && this.local.family === 4) return "EAFNOSUPPORT";
    return length > datagramBytesMax[to.family] ? "EMSGSIZE" : undefined;
  }
}
