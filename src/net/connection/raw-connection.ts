/** The interface of a connection in raw mode. */
import type { Address } from "../../base/address/address.ts";
import type { CloseInfo, ConnectionId } from "../../base/events.ts";
import type { ProxyHeader } from "../../codec/index.ts";
import type { TcpInfo } from "../../wire/index.ts";
import type { RateLimits } from "../timing/throttle.ts";

/** The PROXY protocol header of a connection that came through a load balancer. */
export interface ReceivedProxyHeader extends ProxyHeader {
  /** The address of the load balancer. */
  readonly from: Address | undefined;
}

/** A connection in raw mode, without promises and without copies. */
export interface RawConnection {
  /** Its number in events and logs. */
  readonly id: ConnectionId;
  /** The local address. */
  readonly local: Address;
  /** The peer's address; `undefined` if the peer had disconnected before it was known. */
  readonly remote: Address | undefined;
  /** The PROXY protocol header of a client behind a load balancer; see the option `proxyProtocol` of `serve`. */
  readonly proxyProtocol: ReceivedProxyHeader | undefined;
  /** For your own use. */
  data: unknown;
  /** Bytes written that the kernel has not accepted yet. */
  readonly pendingBytes: number;
  /** Whether you may call `write`: neither the sending side nor the connection has ended. */
  readonly writable: boolean;
  /** Bytes received so far. */
  readonly bytesReceived: number;
  /** Bytes that the kernel accepted so far. */
  readonly bytesSent: number;
  /** How the connection closed; `undefined` while it is open. Known before `closed` is called. */
  readonly closeInfo: CloseInfo | undefined;
  /** The kernel's statistics of the connection; see `Connection.tcpInfo`. */
  tcpInfo(): TcpInfo | undefined;
  /**
   * Sends data. Returns `true` if all of it is sent at once or with the current batch. Returns `false` if
   * some of it is queued; `drained` is called when the system has accepted everything.
   *
   * After `false`, do not change your own bytes until `drained`. You may always pass the view that `bytes`
   * received, or a part of it: what must be queued is copied. Do not change that view afterwards.
   *
   * @throws {TypeError} unless `data` is a `Uint8Array` or a string.
   * @throws {NetError} `ERR_CLOSED` after `end()` or `close()`, and when the connection has closed: see
   *   `writable`; `ERR_WRITE_QUEUE_FULL` beyond `writeQueueBytesMax`.
   */
  write(data: Uint8Array | string): boolean;
  /** Pauses reading. */
  pause(): void;
  /** Resumes reading. */
  resume(): void;
  /** Limits the rate of sending or receiving, in bytes per second; see `Connection.limitRate`. */
  limitRate(rates: RateLimits): void;
  /** Lets the process exit while the connection is open; see `Connection.unref`. */
  unref(): void;
  /** Keeps the process alive while the connection is open. This is the default. */
  ref(): void;
  /** Sends FIN after everything written. You may continue to receive. */
  end(): void;
  /** Closes in good order: sends queued bytes, then FIN, and discards further input. */
  close(): void;
  /** Closes at once, with RST. */
  abort(): void;
}

/** What a raw connection calls. */
export type RawSource = Omit<RawConnection, "data">;

/** The public surface of a connection, and nothing else: handlers get it, and cannot reach what is beneath. */
export class RawView implements RawConnection {
  data: unknown = undefined;
  readonly #source: RawSource;

  constructor(source: RawSource) {
    this.#source = source;
  }

  get id(): ConnectionId {
    return this.#source.id;
  }

  get local(): Address {
    return this.#source.local;
  }

  get remote(): Address | undefined {
    return this.#source.remote;
  }

  get proxyProtocol(): ReceivedProxyHeader | undefined {
    return this.#source.proxyProtocol;
  }

  get pendingBytes(): number {
    return this.#source.pendingBytes;
  }

  get writable(): boolean {
    return this.#source.writable;
  }

  get bytesReceived(): number {
    return this.#source.bytesReceived;
  }

  get bytesSent(): number {
    return this.#source.bytesSent;
  }

  get closeInfo(): CloseInfo | undefined {
    return this.#source.closeInfo;
  }

  tcpInfo(): TcpInfo | undefined {
    return this.#source.tcpInfo();
  }

  write(data: Uint8Array | string): boolean {
    return this.#source.write(data);
  }

  pause(): void {
    this.#source.pause();
  }

  resume(): void {
    this.#source.resume();
  }

  limitRate(rates: RateLimits): void {
    this.#source.limitRate(rates);
  }

  unref(): void {
    this.#source.unref();
  }

  ref(): void {
    this.#source.ref();
  }

  end(): void {
    this.#source.end();
  }

  close(): void {
    this.#source.close();
  }

  abort(): void {
    this.#source.abort();
  }
}
