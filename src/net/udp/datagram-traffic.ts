/**
 * The traffic of a datagram socket of either kind: counts, limits, idle timeouts, and exactly one
 * `DatagramCloseInfo`.
 *
 * Owns its wires: one for each address of the socket, or of its peer.
 */
import { formatAddress, type UdpAddress } from "../../base/address/address.ts";
import { describeSystemCode, NetError, type NetErrorParts } from "../../base/errors.ts";
import {
  emit,
  type DatagramBytesEvent,
  type DatagramCloseInfo,
  type SocketEvent,
} from "../../base/events.ts";
import { datagramBytesMax, type DatagramWire, type WireError } from "../../wire/index.ts";
import { DatagramInbox } from "./datagram-inbox.ts";
import type { DatagramSettings } from "../options/udp-settings.ts";
import { IdleTimeout } from "./idle-timeout.ts";
import { handled } from "../connection/message-reader.ts";
import { turnOf } from "../timing/turn.ts";

export interface TrafficParts {
  readonly wires: readonly DatagramWire[];
  readonly settings: DatagramSettings;
  /** The only peer, as it is now; `undefined` if datagrams from all senders are received. */
  readonly remote: () => UdpAddress | undefined;
  /** Called before a received datagram is queued. */
  readonly received?: (wire: DatagramWire) => void;
  /** Called when a datagram was refused. Returns `true` if the error is handled and not for the reader. */
  readonly refused?: (wire: DatagramWire) => boolean;
}

/** Statistics of a datagram socket. */
export type DatagramStats = Omit<DatagramCloseInfo, "how" | "durationMs" | "error">;

/** Number of awaited sends after which the event loop gets a turn. */
const turnDatagrams = 64;

/** Overhead of an unsent datagram, so that empty ones cannot fill the memory either. */
const sendCostBytes = 256;

let lastSocket = 0;

export class DatagramTraffic {
  readonly inbox: DatagramInbox;
  /** Resolves to how the socket closed. Never rejects. */
  readonly closed: Promise<DatagramCloseInfo>;

  readonly #parts: TrafficParts;
  readonly #socket: number = ++lastSocket;
  readonly #openedAtMs: number;
  readonly #idle: IdleTimeout;
  /** The same for both directions. */
  readonly #inactive: IdleTimeout;
  readonly #stats = {
    datagramsReceived: 0,
    bytesReceived: 0,
    datagramsSent: 0,
    bytesSent: 0,
    datagramsDropped: 0,
  };
  #wiresOpen: number;
  /** Number of datagrams passed to a wire and not settled. */
  #sending = 0;
  #sentInTurn = 0;
  /** Why it closes, once it does. */
  #closeCause: Pick<DatagramCloseInfo, "how" | "error"> | undefined;
  #closeInfo: DatagramCloseInfo | undefined;
  #resolve!: (closeInfo: DatagramCloseInfo) => void;

  constructor(parts: TrafficParts) {
    const { wires, settings } = parts;
    const { clock, idleTimeoutMs, inactivityTimeoutMs } = settings;
    this.#parts = parts;
    this.#wiresOpen = wires.length;
    this.#openedAtMs = clock.now();
    this.#idle = new IdleTimeout(clock, idleTimeoutMs, () => {
      this.#timedOut("idleTimeoutMs", `nothing was received for ${idleTimeoutMs} ms`);
    });
    this.#inactive = new IdleTimeout(clock, inactivityTimeoutMs, () => {
      const happened = `nothing was sent or received for ${inactivityTimeoutMs} ms`;
      this.#timedOut("inactivityTimeoutMs", happened);
    });
    this.inbox = new DatagramInbox({
      name: () => this.#name(),
      bytesMax: settings.receiveQueueBytesMax,
      clock,
      turn: turnOf(clock),
      dropped: (dropped) => {
        const limit = settings.receiveQueueBytesMax;
        this.#emit({ ...this.#now(), type: "datagramsDropped", count: dropped, limit });
      },
      awaited: (awaited) => {
        // A default timeout does not apply to a read with its own.
        this.#idle.setWaiting(awaited === "yes" || (awaited === "own time" && settings.idleIsGiven));
        this.#inactive.setWaiting(awaited !== "no");
      },
    });
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const addresses = wires.map((wire) => wire.local);
    this.#emit({ ...this.#now(), type: "datagramsOpened", addresses, remote: parts.remote() });
    for (const wire of wires) this.#start(wire);
  }

  get stats(): DatagramStats {
    return { ...this.#stats };
  }

  get closeInfo(): DatagramCloseInfo | undefined {
    return this.#closeInfo;
  }

  /** Sets whether the socket keeps the process alive. */
  holdProcess(holds: boolean): void {
    for (const wire of this.#parts.wires) wire.holdProcess(holds);
  }

  /** Sends one datagram, from `local` if given; resolves when the system has accepted it. */
  send(wire: DatagramWire, bytes: Uint8Array, to: UdpAddress, local?: UdpAddress): Promise<void> {
    const refusal = this.#refusal(wire, bytes.length, to);
    if (refusal !== undefined) return handled(Promise.reject(refusal));
    this.#sending++;
    return handled(
      new Promise((resolve, reject) => {
        wire.send(bytes, wire.remote === undefined ? to : undefined, local, (error) => {
          this.#sending--;
          if (error === undefined) this.#sent(bytes, to, resolve);
          else reject(this.#sendError(error, to));
          if (this.#closeCause !== undefined) this.#closeWires();
        });
      }),
    );
  }

  /** Closes: datagrams in progress are still sent, and no more are received. */
  close(cause: Pick<DatagramCloseInfo, "how" | "error"> = { how: "closed", error: undefined }): void {
    if (this.#closeCause !== undefined) return;
    this.#closeCause = cause;
    this.#idle.stop();
    this.#inactive.stop();
    this.inbox.finish(cause.error ?? null);
    this.#closeWires();
  }

  // ── inside ──

  #start(wire: DatagramWire): void {
    const { received, refused } = this.#parts;
    wire.start({
      received: (view, from, local) => {
        if (this.#closeCause !== undefined) return;
        this.#idle.active();
        this.#inactive.active();
        this.#stats.datagramsReceived++;
        this.#stats.bytesReceived += view.length;
        this.#emit({ ...this.#now(), type: "datagramReceived", from, local, length: view.length });
        this.#emitBytes("datagramBytesReceived", from, view);
        received?.(wire);
        const bytes = wire.stableViews ? view : new Uint8Array(view);
        if (!this.inbox.push({ bytes, from, local })) this.#stats.datagramsDropped++;
      },
      failed: (error) => {
        if (this.#closeCause !== undefined) return;
        const failure = this.#receiveError(error, wire);
        this.#emit({ ...this.#now(), type: "datagramRefused", error: failure });
        if (refused?.(wire) !== true) this.inbox.fail(failure);
      },
      closed: () => {
        if (--this.#wiresOpen === 0) this.#ended();
      },
    });
  }

  #sent(bytes: Uint8Array, to: UdpAddress, resolve: () => void): void {
    const { length } = bytes;
    this.#inactive.active();
    this.#stats.datagramsSent++;
    this.#stats.bytesSent += length;
    this.#emit({ ...this.#now(), type: "datagramSent", to, length });
    this.#emitBytes("datagramBytesSent", to, bytes);
    if (++this.#sentInTurn < turnDatagrams) {
      resolve();
      return;
    }
    this.#sentInTurn = 0;
    setImmediate(resolve);
  }

  /** Why a datagram cannot be passed to the wire, or `undefined`. */
  #refusal(wire: DatagramWire, length: number, to: UdpAddress): NetError | undefined {
    const error = (parts: Pick<NetErrorParts, "code" | "happened" | "option">): NetError =>
      new NetError({ stage: "send", address: formatAddress(to), ...parts });
    if (this.#closeCause !== undefined) {
      return this.#closeCause.error ?? error({ code: "ERR_CLOSED", happened: "the socket has been closed" });
    }
    const longest = datagramBytesMax[to.family];
    if (length > longest) {
      const happened = `${length} bytes are too long for one datagram, which holds at most ${longest} (EMSGSIZE)`;
      return error({ code: "EMSGSIZE", happened });
    }
    const pending = wire.pendingBytes;
    const max = this.#parts.settings.writeQueueBytesMax;
    if (pending === 0 && this.#sending === 0) return undefined;
    if (pending + length + this.#sending * sendCostBytes <= max) return undefined;
    const sends = this.#sending > 1 ? ` in ${this.#sending} sends` : "";
    const happened = `${pending} bytes are unsent${sends}, ${length} more would exceed the limit of ${max}`;
    return error({ code: "ERR_WRITE_QUEUE_FULL", happened, option: "writeQueueBytesMax" });
  }

  #sendError({ code, cause }: WireError, to: UdpAddress): NetError {
    const address = formatAddress(to);
    if (code === "ECANCELED") {
      const happened = "the socket was closed before this was sent";
      return new NetError({ code: "ERR_CLOSED", stage: "send", address, happened });
    }
    const option = code === "EACCES" && !this.#parts.settings.wire.broadcast ? "broadcast" : undefined;
    const happened = describeSystemCode(code, { stage: "send" });
    return new NetError({ code, stage: "send", address, happened, option, cause });
  }

  #receiveError({ code, cause }: WireError, { local, remote }: DatagramWire): NetError {
    const happened =
      code === "ECONNREFUSED"
        ? "port unreachable (ECONNREFUSED)"
        : describeSystemCode(code, { stage: "receive" });
    return new NetError({ code, stage: "receive", address: formatAddress(remote ?? local), happened, cause });
  }

  #timedOut(option: "idleTimeoutMs" | "inactivityTimeoutMs", happened: string): void {
    const code = "ERR_IDLE_TIMEOUT";
    const error = new NetError({ code, stage: "receive", address: this.#name(), happened, option });
    this.close({ how: "timeout", error });
  }

  #closeWires(): void {
    if (this.#sending > 0) return;
    for (const wire of this.#parts.wires) wire.close();
  }

  #ended(): void {
    const now = this.#now();
    const cause = this.#closeCause ?? { how: "closed", error: undefined };
    this.#closeInfo = { ...cause, ...this.#stats, durationMs: now.atMs - this.#openedAtMs };
    this.#emit({ ...now, type: "datagramsClosed", closeInfo: this.#closeInfo });
    this.#resolve(this.#closeInfo);
  }

  /** The name in messages: the peer's address, or else the local one. */
  #name(): string {
    const { remote, wires } = this.#parts;
    return formatAddress(remote() ?? (wires[0] as DatagramWire).local);
  }

  #now(): { readonly atMs: number; readonly socket: number } {
    return { atMs: this.#parts.settings.clock.now(), socket: this.#socket };
  }

  #emitBytes(type: DatagramBytesEvent["type"], peer: UdpAddress, bytes: Uint8Array): void {
    const { onDatagram } = this.#parts.settings;
    if (onDatagram !== undefined) emit(onDatagram, { ...this.#now(), type, peer, bytes });
  }

  #emit(event: SocketEvent): void {
    emit(this.#parts.settings.onEvent, event);
  }
}
