/**
 * A wire over one `net.Socket`.
 *
 * Owns the socket. Corrects two behaviours of `node:net` that break the contract: it would end our side when the peer
 * ends, and discard received bytes when a send fails.
 */
import net from "node:net";
import type { Address } from "../../base/address/address.ts";
import { noBytes } from "../../base/bytes.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { wholeSeconds } from "../socket-options.ts";
import { WireError, type Wire, type WireEvents, type WireOptions } from "../wire.ts";
import { afterPolls } from "../../base/after-poll.ts";
import { inputShare, type Source } from "./input-share.ts";
import { plainArray } from "./plain-array.ts";
import { systemCode } from "../shared/system-code.ts";

type SendCallback = (error?: Error | null) => void;

/** A socket's two addresses. The peer may disconnect before its address is read (F24). */
export interface SocketEnds {
  readonly local: Address;
  readonly remote: Address | undefined;
}

/** The wire of a socket, for the functions below that Node calls with the socket as `this`. */
const wireKey = Symbol("wire");
type WiredSocket = net.Socket & {
  [wireKey]: PortableWire;
  readonly _handle?: { readonly writeQueueSize?: number; readStart?(): number } | null;
};

const prototype = net.Socket.prototype as net.Socket & Required<Pick<net.Socket, "_writev">>;

// One set of functions for all sockets: closures would cost memory for every idle connection.
function sendOne(this: WiredSocket, chunk: unknown, encoding: BufferEncoding, done: SendCallback): void {
  prototype._write.call(this, chunk, encoding, this[wireKey].sending(done));
}
function sendMany(
  this: WiredSocket,
  chunks: { chunk: unknown; encoding: BufferEncoding }[],
  done: SendCallback,
): void {
  prototype._writev.call(this, chunks, this[wireKey].sending(done));
}
function push(this: WiredSocket, chunk: unknown, encoding?: BufferEncoding): boolean {
  return chunk === null && this[wireKey].asksAgain() ? false : prototype.push.call(this, chunk, encoding);
}
function destroy(this: WiredSocket, error: Error | null, done: SendCallback): void {
  this[wireKey].destroying();
  prototype._destroy.call(this, error, done);
}
function onData(this: WiredSocket, chunk: Uint8Array): void {
  this[wireKey].received(chunk);
}
function onEnd(this: WiredSocket): void {
  this[wireKey].receivedFin();
}
function onError(this: WiredSocket, error: Error): void {
  this[wireKey].failed(error);
}
function onClose(this: WiredSocket): void {
  this[wireKey].socketClosed();
}

/** What a wire adds to its socket. */
const wired = [wireKey, "_write", "_writev", "push", "_destroy"] as const;

/** Stands in for a socket that was handed over, so that the wire's methods do nothing. */
function deadSocket(): net.Socket {
  return new net.Socket().on("error", () => undefined).destroy();
}

/** Deno reports an end of stream once, and a second read never completes. It also distinguishes a reset from an end. */
const answersOnce = "Deno" in globalThis;

/** libuv refuses to reset while the FIN is pending, and would then keep the socket forever. */
function reset(socket: net.Socket): void {
  const sendsFin = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (sendsFin && !socket.destroyed) socket.once("finish", () => socket.resetAndDestroy());
  else socket.resetAndDestroy();
}

/** A send that failed because the peer has closed, while data before the reset may still be unread. */
interface HeldFailure {
  readonly error: Error;
  readonly done: SendCallback;
  timer: Timer | undefined;
}

/** Errors of a send after which data may still arrive. */
const peerHasGone: ReadonlySet<string> = new Set(["EPIPE", "ECONNRESET"]);

export class PortableWire implements Wire, Source {
  readonly local: Address;
  readonly remote: Address | undefined;
  #socket: net.Socket;
  readonly #clock: Clock;
  #events: WireEvents | undefined;
  #error: Error | undefined;
  #done: SendCallback | undefined;
  #held: HeldFailure | undefined;
  #askedAgain = false;
  #full = false;
  #paused = false;
  /** Paused until the next turn of the event loop. */
  #onHold = false;
  #peerEnded = false;
  /** Bytes that will never be sent, once that is certain. Node then no longer knows their number. */
  #unsentBytes: number | undefined;
  /** The rest of the current send when it was last checked. libuv no longer knows it after a failure. */
  #leftBytes: number | undefined;
  /** The owner has closed the wire: only `closed` is reported. */
  #letGo = false;
  #wasReset = false;
  #over = false;
  /** Created once: Node calls one send at a time, so one function serves all of them. */
  readonly #sent = (error?: Error | null): void => {
    const done = this.#done as SendCallback;
    if (error && peerHasGone.has(systemCode(error)) && !this.#peerEnded && !this.#letGo) {
      this.#held = { error, done, timer: undefined };
      // The owner may have paused until there is room again, which will not happen.
      if (this.#paused) this.#socket.resume();
      this.#awaitLastWords();
      return;
    }
    if (error) this.#unsentBytes ??= this.#leftBytes ?? this.#socket.writableLength;
    this.#leftBytes = undefined;
    done(error);
    if (this.#full && this.#socket.writableLength === 0 && this.#unsentBytes === undefined) {
      this.#full = false;
      this.#events?.drained();
    }
  };

  constructor(socket: net.Socket, ends: SocketEnds, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    this.local = ends.local;
    this.remote = ends.remote;
    (socket as WiredSocket)[wireKey] = this;
    socket._write = sendOne as net.Socket["_write"];
    socket._writev = sendMany;
    socket.push = push;
    socket._destroy = destroy;
    socket.on("error", onError);
    socket.on("close", onClose);
  }

  get stableViews(): boolean {
    return true;
  }

  start(events: WireEvents): void {
    this.#events = events;
    if (this.#over) {
      queueMicrotask(() => {
        events.closed(this.#wireError());
      });
      return;
    }
    this.#socket.on("data", onData);
    this.#socket.on("end", onEnd);
    this.#socket.resume();
  }

  pause(): void {
    this.#paused = true;
    if (!this.#held) this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (!this.#onHold) this.#socket.resume();
  }

  hold(): void {
    if (this.#onHold) return;
    this.#onHold = true;
    this.#socket.pause();
  }

  goOn(): void {
    this.#onHold = false;
    if (!this.#over && (!this.#paused || this.#held)) this.#socket.resume();
  }

  holdProcess(holds: boolean): void {
    if (holds) this.#socket.ref();
    else this.#socket.unref();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#unsentBytes !== undefined) return this.#lose(bytes);
    this.#socket.write(bytes);
    return this.#tookAll();
  }

  writeAll(pieces: readonly Uint8Array[]): boolean {
    if (this.#unsentBytes !== undefined) return this.#lose(...pieces);
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
    return this.#tookAll();
  }

  get pendingBytes(): number {
    if (this.#unsentBytes !== undefined) return this.#unsentBytes;
    const { writableLength } = this.#socket;
    if (writableLength === 0) return 0;
    // Node counts a send as a whole until it is done. Its handle knows the rest.
    if (!this.#held) this.#leftBytes = (this.#socket as WiredSocket)["_handle"]?.writeQueueSize;
    return this.#leftBytes ?? writableLength;
  }

  /** Node has no call for it. */
  tcpInfo(): undefined {
    return undefined;
  }

  setOptions({ noDelay, keepAliveMs }: WireOptions): void {
    this.#socket.setNoDelay(noDelay);
    this.#socket.setKeepAlive(keepAliveMs > 0, wholeSeconds(keepAliveMs) * 1000);
  }

  end(): void {
    this.#socket.end();
  }

  close(): void {
    // The kernel resets by itself if it holds unread bytes, but not for bytes that Node holds.
    const { readableLength, writableLength } = this.#socket;
    if (readableLength + writableLength > 0) return this.abort();
    this.#drop();
    this.#socket.destroy();
  }

  abort(): void {
    // Node resets TCP sockets only. The peer of a Unix socket sees ECONNRESET if anything was left unread, and an end
    // of stream otherwise.
    this.#drop();
    if (this.local.family === "unix") this.#socket.destroy();
    else reset(this.#socket);
  }

  async detach(signal?: AbortSignal): Promise<net.Socket> {
    signal?.throwIfAborted();
    const socket = this.#socket as WiredSocket;
    const hasEnded = socket.readableEnded || socket.writableEnded || socket.destroyed;
    if (hasEnded || this.#held !== undefined) throw new WireError("ENOTCONN", "receive");
    if (this.pendingBytes > 0) throw new WireError("EBUSY", "send");
    socket.pause();
    socket.off("data", onData).off("end", onEnd).off("error", onError).off("close", onClose);
    for (const name of wired) delete (socket as Partial<WiredSocket>)[name];
    this.#events = undefined;
    this.#unsentBytes = 0;
    this.#socket = deadSocket();
    return socket;
  }

  #drop(): void {
    this.#letGo = true;
    this.#unsentBytes ??= this.pendingBytes;
  }

  #tookAll(): boolean {
    if (this.#socket.writableLength === 0 && this.#unsentBytes === undefined) return true;
    this.#full = true;
    this.#leftBytes = this.pendingBytes;
    return false;
  }

  /** A write between the failure and its report. */
  #lose(...pieces: readonly Uint8Array[]): false {
    for (const piece of pieces) this.#unsentBytes = this.pendingBytes + piece.length;
    return false;
  }

  /** Stores the callback of this send, and passes the shared one to Node. */
  sending(done: SendCallback): SendCallback {
    this.#done = done;
    return this.#sent;
  }

  received(chunk: Uint8Array): void {
    if (this.#over || this.#letGo) return;
    this.#events?.bytes(plainArray(chunk));
    if (this.#held) this.#awaitLastWords();
    if (!this.#over) inputShare.took(this, chunk.length, this.#clock);
  }

  /**
   * The end of the received data: the peer's FIN, or a reset behind data up to libuv 1.51 (Node 20 and 22;
   * libuv/libuv#4997). A send can tell the two apart. If no send is possible, or a send could not tell a closed peer
   * from a reset, the end is read once more before Node acts on it.
   */
  receivedFin(): void {
    if (this.#cannotTellBySending()) this.#settleFin(null);
    // If the current send fails, it does so before the loop's next turn.
    else if (this.#full) setImmediate(() => this.#settleFin(null));
    else
      prototype._write.call(this.#socket, noBytes, "buffer" as BufferEncoding, (error) =>
        this.#settleFin(error),
      );
  }

  /** Whether the end is read again. The first report does not count then. */
  asksAgain(): boolean {
    const handle = (this.#socket as WiredSocket)["_handle"];
    if (answersOnce || this.#askedAgain || !this.#cannotTellBySending() || handle?.readStart === undefined)
      return false;
    this.#askedAgain = true;
    // libuv has not finished with the first report yet.
    setImmediate(() => (this.#socket as WiredSocket)["_handle"]?.readStart?.());
    return true;
  }

  #cannotTellBySending(): boolean {
    return this.local.family === "unix" || this.#socket.writableEnded;
  }

  #settleFin(failure: Error | null | undefined): void {
    if (this.#letGo || this.#socket.destroyed) return;
    if (this.#held) {
      this.#releaseFailure();
    } else if (failure) {
      this.#wasReset = true;
      this.#socket.destroy(failure);
    } else {
      this.#peerEnded = true;
      this.#events?.ended();
    }
  }

  /** The last moment at which the handle knows the rest of the current send. */
  destroying(): void {
    this.#unsentBytes ??= this.pendingBytes;
  }

  failed(error: Error): void {
    this.#error = error;
    this.#unsentBytes ??= this.pendingBytes;
  }

  socketClosed(): void {
    this.#over = true;
    this.#held?.timer?.cancel();
    this.#held = undefined;
    if (this.#events === undefined) return;
    if (!this.#letGo) this.#deliverRest(this.#events);
    this.#events.closed(this.#wireError());
  }

  /** Delivers what Node had read before the failure. */
  #deliverRest(events: WireEvents): void {
    for (let rest: unknown; (rest = this.#socket.read()) !== null;)
      events.bytes(plainArray(rest as Uint8Array));
  }

  /** Continues receiving until the end of stream, or until nothing has arrived for a while. */
  #awaitLastWords(): void {
    const held = this.#held as HeldFailure;
    held.timer?.cancel();
    const timer = this.#clock.after(limits.dataBeforeResetMs.value, () => {
      // If the event loop was blocked that long, it has not read all input yet.
      afterPolls(2, () => {
        if (held.timer === timer) this.#releaseFailure();
      });
    });
    held.timer = timer;
  }

  #releaseFailure(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#unsentBytes ??= this.pendingBytes;
    this.#held = undefined;
    held.timer?.cancel();
    held.done(held.error);
  }

  #wireError(): WireError | undefined {
    if (this.#error === undefined) return undefined;
    const receiving = this.#wasReset || (this.#error as NodeJS.ErrnoException).syscall === "read";
    const during = receiving ? "receive" : "send";
    return new WireError(systemCode(this.#error), during, this.#error);
  }
}
