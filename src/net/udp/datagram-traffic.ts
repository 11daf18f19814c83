/**
 * What goes and comes on a datagram socket, whichever face it has: counting, limits,
 * the idle deadline, and exactly one `DatagramCloseInfo`.
 *
 * Owns its wires: one for each address that the socket has, or that its peer may have.
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
import { IdleWatch } from "./idle-timeout.ts";
import { handled } from "../connection/message-reader.ts";
import { turnOf } from "../timing/turn.ts";

export interface TrafficParts {
  readonly wires: readonly DatagramWire[];
  readonly settings: DatagramSettings;
  /** The only peer, as it is now; `undefined` if everybody is heard. */
  readonly remote: () => UdpAddress | undefined;
  /** Called before a datagram is taken in. */
  readonly heard?: (wire: DatagramWire) => void;
  /** Called when a datagram was refused; whether that is dealt with, and no error of the reader. */
  readonly refused?: (wire: DatagramWire) => boolean;
}

/** What a datagram socket counts. */
export type DatagramStats = Omit<DatagramCloseInfo, "how" | "durationMs" | "error">;

/** A sender that waits for each datagram gives the event loop a turn after so many. */
const turnDatagrams = 64;

/** What a datagram that is not sent yet costs besides its bytes, so that empty ones cannot fill the memory either. */
const sendCostBytes = 256;

let lastSocket = 0;

export class DatagramTraffic {
  readonly inbox: DatagramInbox;
  /** Resolves, never rejects, to how it ended. */
  readonly closed: Promise<DatagramCloseInfo>;

  readonly #parts: TrafficParts;
  readonly #socket: number = ++lastSocket;
  readonly #openedAtMs: number;
  readonly #idle: IdleWatch;
  /** The same for both directions. */
  readonly #inactive: IdleWatch;
  readonly #stats = {
    datagramsReceived: 0,
    bytesReceived: 0,
    datagramsSent: 0,
    bytesSent: 0,
    datagramsDropped: 0,
  };
  #wiresOpen: number;
  /** Given to a wire, and not settled. */
  #sending = 0;
  #sentInTurn = 0;
  /** Why it ends, once it does. */
  #verdict: Pick<DatagramCloseInfo, "how" | "error"> | undefined;
  #closeInfo: DatagramCloseInfo | undefined;
  #resolve!: (closeInfo: DatagramCloseInfo) => void;

  constructor(parts: TrafficParts) {
    const { wires, settings } = parts;
    const { clock, idleTimeoutMs, inactivityTimeoutMs } = settings;
    this.#parts = parts;
    this.#wiresOpen = wires.length;
    this.#openedAtMs = clock.now();
    this.#idle = new IdleWatch(clock, idleTimeoutMs, () => {
      this.#timedOut("idleTimeoutMs", `nothing came for ${idleTimeoutMs} ms`);
    });
    this.#inactive = new IdleWatch(clock, inactivityTimeoutMs, () => {
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
        this.#tell({ ...this.#now(), type: "datagramsDropped", count: dropped, limit });
      },
      awaited: (awaited) => {
        // A read with a time of its own is not cut short by a default.
        this.#idle.await(awaited === "yes" || (awaited === "own time" && settings.idleIsGiven));
        this.#inactive.await(awaited !== "no");
      },
    });
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const addresses = wires.map((wire) => wire.local);
    this.#tell({ ...this.#now(), type: "datagramsOpened", addresses, remote: parts.remote() });
    for (const wire of wires) this.#start(wire);
  }

  get stats(): DatagramStats {
    return { ...this.#stats };
  }

  get closeInfo(): DatagramCloseInfo | undefined {
    return this.#closeInfo;
  }

  /** Says whether it keeps the process alive. */
  holdProcess(holds: boolean): void {
    for (const wire of this.#parts.wires) wire.holdProcess(holds);
  }

  /** Sends one datagram, from `local` if that is given; resolves when the system has taken it. */
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
          if (this.#verdict !== undefined) this.#closeWires();
        });
      }),
    );
  }

  /** Ends: what is on its way out still goes, nothing more is taken in. */
  close(verdict: Pick<DatagramCloseInfo, "how" | "error"> = { how: "closed", error: undefined }): void {
    if (this.#verdict !== undefined) return;
    this.#verdict = verdict;
    this.#idle.stop();
    this.#inactive.stop();
    this.inbox.finish(verdict.error ?? null);
    this.#closeWires();
  }

  // ── inside ──

  #start(wire: DatagramWire): void {
    const { settings, heard, refused } = this.#parts;
    wire.start({
      received: (view, from, local) => {
        if (this.#verdict !== undefined) return;
        this.#idle.heard();
        this.#inactive.heard();
        this.#stats.datagramsReceived++;
        this.#stats.bytesReceived += view.length;
        this.#tell({ ...this.#now(), type: "datagramReceived", from, local, length: view.length });
        this.#tellBytes("datagramBytesReceived", from, view);
        heard?.(wire);
        const bytes = settings.engine.stableViews ? view : new Uint8Array(view);
        if (!this.inbox.push({ bytes, from, local })) this.#stats.datagramsDropped++;
      },
      failed: (error) => {
        if (this.#verdict !== undefined) return;
        const failure = this.#receiveError(error, wire);
        this.#tell({ ...this.#now(), type: "datagramRefused", error: failure });
        if (refused?.(wire) !== true) this.inbox.fail(failure);
      },
      closed: () => {
        if (--this.#wiresOpen === 0) this.#ended();
      },
    });
  }

  #sent(bytes: Uint8Array, to: UdpAddress, resolve: () => void): void {
    const { length } = bytes;
    this.#inactive.heard();
    this.#stats.datagramsSent++;
    this.#stats.bytesSent += length;
    this.#tell({ ...this.#now(), type: "datagramSent", to, length });
    this.#tellBytes("datagramBytesSent", to, bytes);
    if (++this.#sentInTurn < turnDatagrams) {
      resolve();
      return;
    }
    this.#sentInTurn = 0;
    setImmediate(resolve);
  }

  /** Why a datagram is not even given to the wire, if so. */
  #refusal(wire: DatagramWire, length: number, to: UdpAddress): NetError | undefined {
    const error = (parts: Pick<NetErrorParts, "code" | "happened" | "option">): NetError =>
      new NetError({ stage: "send", address: formatAddress(to), ...parts });
    if (this.#verdict !== undefined) {
      return this.#verdict.error ?? error({ code: "ERR_CLOSED", happened: "the socket has been closed" });
    }
    const longest = datagramBytesMax[to.family];
    if (length > longest) {
      const happened = `${length} bytes are too long for one datagram, which holds ${longest} (EMSGSIZE)`;
      return error({ code: "EMSGSIZE", happened });
    }
    const pending = wire.pendingBytes;
    const max = this.#parts.settings.writeQueueBytesMax;
    if (pending === 0 && this.#sending === 0) return undefined;
    if (pending + length + this.#sending * sendCostBytes <= max) return undefined;
    const sends = this.#sending > 1 ? ` in ${this.#sending} sends` : "";
    const happened = `${pending} bytes wait to be sent${sends}, ${length} more would pass the limit of ${max}`;
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
    const verdict = this.#verdict ?? { how: "closed", error: undefined };
    this.#closeInfo = { ...verdict, ...this.#stats, durationMs: now.atMs - this.#openedAtMs };
    this.#tell({ ...now, type: "datagramsClosed", closeInfo: this.#closeInfo });
    this.#resolve(this.#closeInfo);
  }

  /** The peer, or else our own address, as messages name it. */
  #name(): string {
    const { remote, wires } = this.#parts;
    return formatAddress(remote() ?? (wires[0] as DatagramWire).local);
  }

  #now(): { readonly atMs: number; readonly socket: number } {
    return { atMs: this.#parts.settings.clock.now(), socket: this.#socket };
  }

  #tellBytes(type: DatagramBytesEvent["type"], peer: UdpAddress, bytes: Uint8Array): void {
    const { onDatagram } = this.#parts.settings;
    if (onDatagram !== undefined) emit(onDatagram, { ...this.#now(), type, peer, bytes });
  }

  #tell(event: SocketEvent): void {
    emit(this.#parts.settings.onEvent, event);
  }
}
