/**
 * A wire over a TLS socket, which runs over another wire.
 *
 * The end of stream is the peer's close_notify. A FIN without it may come from an attacker who has cut the stream, and
 * fails the wire with `ERR_TLS_TRUNCATED`. Failures of the wire below are reported as they are.
 */
import type { TLSSocket } from "node:tls";
import type { Address } from "../../base/address/address.ts";
import { noBytes } from "../../base/bytes.ts";
import { plainArray } from "../portable/plain-array.ts";
import { systemCode } from "../shared/system-code.ts";
import { WireError, type TcpInfo, type Wire, type WireEvents } from "../wire.ts";
import { openSslError, type Peer } from "./tls-error.ts";
import type { TlsInfo } from "../tls-info.ts";
import type { WireStream } from "./wire-stream.ts";

export class TlsWire implements Wire {
  readonly tls: TlsInfo;
  readonly stableViews = true;
  readonly #socket: TLSSocket;
  readonly #below: WireStream;
  #events: WireEvents | undefined;
  #error: WireError | undefined;
  #full = false;
  #paused = false;
  /** Bytes that will never be sent. */
  #unsentBytes: number | undefined;
  #letGo = false;
  #over = false;
  readonly #sent = (error?: Error | null): void => {
    if (error || !this.#full || this.#socket.writableLength > 0 || this.#over) return;
    this.#full = false;
    this.#events?.drained();
  };

  /** @param isCut whether the stream below has ended without close_notify */
  constructor(socket: TLSSocket, below: WireStream, peer: Peer, tls: TlsInfo, isCut: () => boolean) {
    this.#socket = socket;
    this.#below = below;
    this.tls = tls;
    socket.on("error", (error) => {
      const known = openSslError(error, noBytes, peer);
      this.#error ??= new WireError(known?.code ?? systemCode(error), "receive", error);
    });
    socket.on("end", () => {
      if (isCut()) this.#cut();
      else if (!this.#letGo) this.#events?.ended();
    });
    socket.on("close", () => {
      this.#socketClosed(isCut());
    });
  }

  get local(): Address {
    return this.#below.wire.local;
  }

  get remote(): Address | undefined {
    return this.#below.wire.remote;
  }

  start(events: WireEvents): void {
    this.#events = events;
    if (this.#over) {
      queueMicrotask(() => {
        events.closed(this.#error);
      });
      return;
    }
    this.#socket.on("data", (chunk: Uint8Array) => {
      if (!this.#letGo) events.bytes(plainArray(chunk));
    });
    if (!this.#paused) this.#socket.resume();
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  holdProcess(holds: boolean): void {
    this.#below.wire.holdProcess(holds);
  }

  write(bytes: Uint8Array): boolean {
    return this.writeAll([bytes]);
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    if (this.#unsentBytes !== undefined) {
      for (const piece of pieces) this.#unsentBytes += piece.length;
      return false;
    }
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece, this.#sent);
    this.#socket.uncork();
    this.#full = this.#socket.writableLength > 0;
    return !this.#full;
  }

  get pendingBytes(): number {
    return this.#unsentBytes ?? this.#socket.writableLength;
  }

  tcpInfo(): TcpInfo | undefined {
    return this.#below.wire.tcpInfo();
  }

  /** Sends close_notify, and then FIN. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#drop();
    this.#below.destroy();
    this.#socket.destroy();
  }

  abort(): void {
    this.#drop();
    this.#below.reset();
    this.#socket.destroy();
  }

  #drop(): void {
    this.#letGo = true;
    this.#unsentBytes ??= this.#socket.writableLength;
  }

  #cut(): void {
    if (this.#letGo) return;
    this.#error ??= this.#below.wireError ?? new WireError("ERR_TLS_TRUNCATED", "receive");
    this.#below.reset();
    this.#socket.destroy();
  }

  #socketClosed(isCut: boolean): void {
    this.#over = true;
    this.#unsentBytes ??= this.#socket.writableLength;
    // A TLS socket over a stream does not report why that has closed.
    if (isCut) this.#error ??= this.#below.wireError;
    if (this.#letGo) this.#error = undefined;
    this.#below.destroy();
    this.#events?.closed(this.#error);
  }
}
