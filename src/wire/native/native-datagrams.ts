/**
 * Datagrams over a socket of the addon.
 *
 * Each received datagram carries the address that it was sent to, and each sent datagram the address to send from
 * (RFC 1122, section 4.1.3.5). If an earlier datagram was refused, the kernel reports that by failing a later send.
 * That one has not been sent, so it is sent again.
 */
import { canonicalTcpAddress, tcpAddress, type UdpAddress } from "../../base/address/address.ts";
import type { DatagramWire, DatagramWireEvents, DatagramWireOptions } from "../datagram.ts";
import { WireError } from "../wire-error.ts";
import { datagramMemory } from "./datagram-memory.ts";
import type { NativeLoop, Receiver } from "./native-loop.ts";
import { datagramsMax, record } from "./records.ts";
import { systemError } from "./system-errors.ts";

export async function openNativeDatagrams(
  loop: NativeLoop,
  local: UdpAddress,
  options: DatagramWireOptions,
): Promise<DatagramWire> {
  const { calls } = loop;
  loop.passNumbers([
    Number(options.reuseAddress),
    Number(options.ipv6Only),
    options.ttl ?? 0,
    Number(options.broadcast),
    Number(options.multicast.loopback),
  ]);
  const id = check(calls.bindDatagrams(local.host, local.port), "bind");
  try {
    const { groups, interface: networkInterface } = options.multicast;
    if (networkInterface !== undefined) check(calls.multicastInterface(id, networkInterface), "bind");
    for (const group of groups) check(calls.joinGroup(id, group, networkInterface ?? ""), "bind");
    const { remote } = options;
    if (remote !== undefined) {
      check(calls.connectDatagrams(id, systemHost(remote, local.family), remote.port), "connect");
    }
    check(calls.local(id), "bind");
    const { host, port } = loop.returnedHost();
    // Datagrams that arrive before `start` wait in the kernel.
    check(calls.setReading(id, 1), "bind");
    return new NativeDatagrams(loop, id, tcpAddress(host, port), local.family, remote);
  } catch (error) {
    calls.close(id, 0);
    throw error;
  }
}

/** @throws {WireError} for a negative errno. */
function check(result: number, during: WireError["during"]): number {
  if (result < 0) throw systemError(result, during);
  return result;
}

/** An IPv6 socket uses the mapped form of an IPv4 address. */
function systemHost({ family, host }: UdpAddress, ofSocket: UdpAddress["family"]): string {
  return family === 4 && ofSocket === 6 ? `::ffff:${host}` : host;
}

type Done = (error: WireError | undefined) => void;

/** A datagram for which the kernel has no room. */
interface Waiting {
  readonly bytes: Uint8Array;
  readonly to: UdpAddress | undefined;
  readonly local: UdpAddress | undefined;
  readonly done: Done;
}

/** Calls in a row, before other sockets are served. */
const roundsMax = 4;

const noError = 0;
const EAGAIN = -11;
const ECONNREFUSED = -111;
/** EINVAL, EADDRNOTAVAIL, ENETUNREACH, EHOSTUNREACH: the kernel cannot send from the given address. */
const cannotSendFrom: ReadonlySet<number> = new Set([-22, -99, -101, -113]);

class NativeDatagrams implements DatagramWire, Receiver {
  readonly stableViews = false;
  readonly id: number;
  readonly local: UdpAddress;
  readonly remote: UdpAddress | undefined;
  readonly #loop: NativeLoop;
  readonly #family: UdpAddress["family"];
  #events: DatagramWireEvents | undefined;
  #waiting: Waiting[] = [];
  #pendingBytes = 0;
  #closed = false;
  /** The addresses of the previous datagram, which are usually those of the next. */
  #lastFrom: UdpAddress | undefined;
  #lastLocal: UdpAddress | undefined;

  constructor(
    loop: NativeLoop,
    id: number,
    local: UdpAddress,
    family: UdpAddress["family"],
    remote: UdpAddress | undefined,
  ) {
    this.#loop = loop;
    this.id = id;
    this.local = local;
    this.#family = family;
    this.remote = remote;
    loop.register(this);
  }

  start(events: DatagramWireEvents): void {
    this.#events = events;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  send(bytes: Uint8Array, to: UdpAddress | undefined, local: UdpAddress | undefined, done: Done): void {
    if (this.#closed) {
      queueMicrotask(() => {
        done(new WireError("ECANCELED", "send"));
      });
      return;
    }
    const result = this.#waiting.length > 0 ? EAGAIN : this.#trySending(bytes, to, local);
    if (result === EAGAIN) {
      this.#waiting.push({ bytes, to, local, done });
      this.#pendingBytes += bytes.length;
      return;
    }
    queueMicrotask(() => {
      done(this.#outcome(result));
    });
  }

  holdProcess(holds: boolean): void {
    if (!this.#closed) this.#loop.calls.hold(this.id, holds ? 1 : 0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.close(this, false);
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#pendingBytes = 0;
    queueMicrotask(() => {
      for (const { done } of waiting) done(new WireError("ECANCELED", "send"));
      this.#events?.closed();
    });
  }

  handle(kind: number, errno: number): void {
    if (kind === record.writable) this.#sendWaiting();
    else if (errno !== 0) this.#events?.failed(systemError(errno, "receive"));
    else if (this.#events !== undefined) this.#receive();
  }

  #receive(): void {
    const memory = datagramMemory();
    for (let round = 0; round < roundsMax && !this.#closed; round++) {
      const count = this.#loop.calls.receive(this.id, memory.buffer);
      if (count < 0) {
        if (count !== EAGAIN) this.#events?.failed(systemError(count, "receive"));
        return;
      }
      for (let index = 0; index < count && !this.#closed; index++) {
        // A handler that throws does not affect the datagrams that follow. Its exception is uncaught, as usual.
        try {
          this.#deliverDatagram(index);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
      if (count < datagramsMax) return;
    }
  }

  #deliverDatagram(index: number): void {
    const memory = datagramMemory();
    const from = memory.from(index, this.#lastFrom);
    if (from === undefined || !this.#isPeer(from)) return;
    const local = memory.to(index, this.local.port, this.#lastLocal) ?? this.local;
    // The two objects stay paired, so that a caller can match them by identity.
    this.#lastFrom =
      local === this.#lastLocal ? from : canonicalTcpAddress(from.family, from.host, from.port);
    this.#lastLocal = local;
    if (memory.wasCut(index)) this.#events?.failed(new WireError("EMSGSIZE", "receive"));
    else this.#events?.received(memory.view(index), this.#lastFrom, local);
  }

  /** Between binding and connecting, any host may have sent something. */
  #isPeer(from: UdpAddress): boolean {
    const { remote } = this;
    return remote === undefined || (remote.port === from.port && remote.host === from.host);
  }

  /** Returns 0 or a negative errno. */
  #trySending(bytes: Uint8Array, to: UdpAddress | undefined, local: UdpAddress | undefined): number {
    let result = this.#sendFrom(bytes, to, local);
    // The address cannot be sent from: a group, a broadcast address, or one that this machine no longer has.
    if (local !== undefined && cannotSendFrom.has(result)) result = this.#sendFrom(bytes, to, undefined);
    if (result !== ECONNREFUSED || this.remote === undefined) return result;
    this.#reportFailed(result);
    const again = this.#sendFrom(bytes, to, undefined);
    // Refused again before it was sent: the peer would not have received it either.
    return again === ECONNREFUSED ? noError : again;
  }

  #sendFrom(bytes: Uint8Array, to: UdpAddress | undefined, local: UdpAddress | undefined): number {
    const host = to && systemHost(to, this.#family);
    const from = local && systemHost(local, this.#family);
    return this.#loop.calls.sendDatagram(this.id, bytes, host, to?.port ?? 0, from);
  }

  #sendWaiting(): void {
    while (this.#waiting.length > 0) {
      const [{ bytes, to, local, done }] = this.#waiting as [Waiting];
      const result = this.#trySending(bytes, to, local);
      if (result === EAGAIN) return;
      this.#waiting.shift();
      this.#pendingBytes -= bytes.length;
      done(this.#outcome(result));
    }
  }

  #outcome(result: number): WireError | undefined {
    return result < 0 ? systemError(result, "send") : undefined;
  }

  /** Later, because no event is emitted during a call. */
  #reportFailed(errno: number): void {
    queueMicrotask(() => {
      if (!this.#closed) this.#events?.failed(systemError(errno, "receive"));
    });
  }
}
