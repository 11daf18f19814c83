/**
 * A connection as a Node `Duplex`, with the interface of `net.Socket`, for programs that expect a socket.
 *
 *     peer ─▶ connection.read ─▶ push ─▶ 'data'        write ─▶ connection.write ─▶ flush ─▶ callback
 *
 * A read has no timeout, because a `net.Socket` has none by default. Timeouts that the caller of `connect` has set
 * still apply, and so do the limits of the connection. Chunks belong to the consumer: they are never the memory of an
 * engine. A write's callback is called when the kernel has the bytes, so what was reported as written survives
 * `destroy`.
 */
import { Duplex } from "node:stream";
import type { Address } from "../../base/address/address.ts";
import { callback as checkCallback, flag } from "../../base/arguments.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { CloseInfo } from "../../base/events.ts";
import { checkOptions, type OptionChecks } from "../../base/option-checks.ts";
import { nodeError } from "./node-error.ts";
import { SocketIdle } from "./socket-idle.ts";

/** Options of `toNodeStream`. */
export interface NodeStreamOptions {
  /**
   * Whether you may continue to write after the peer has ended. If not, the stream ends its own side then. Default:
   * `false`, as in node:net.
   */
  readonly allowHalfOpen?: boolean | undefined;
}

const nodeStreamChecks: OptionChecks<NodeStreamOptions> = { allowHalfOpen: flag };

/** TCP options that can be changed on an open connection. */
export interface ChangedOptions {
  readonly noDelay?: boolean;
  readonly keepAliveMs?: number;
}

/** What a stream needs of a connection. */
export interface StreamedConnection {
  readonly local: Address;
  readonly remote: Address | undefined;
  readonly bytesSent: number;
  readonly closed: Promise<CloseInfo>;
  read(options: { readonly timeoutMs: number }): Promise<Uint8Array | null>;
  write(bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
  end(): Promise<void>;
  abort(): Promise<CloseInfo>;
  ref(): unknown;
  unref(): unknown;
}

/** What a stream needs beneath the connection's own interface. */
export interface StreamedSocket {
  readonly clock: Clock;
  /** The delay of keep-alive probes that the connection was opened with; 0 if they are off. */
  readonly keepAliveMs: number;
  /** Closes at once, without a reset if everything was read and sent. */
  closeNow(): void;
  changeOptions(options: ChangedOptions): void;
}

/** An open connection, or one that is being established. */
export interface StreamSource {
  readonly connection: StreamedConnection;
  readonly socket: StreamedSocket;
}

/** A connection that is being established. */
export interface PendingSource {
  readonly clock: Clock | undefined;
  readonly opened: Promise<StreamSource>;
  /** Stops connecting. */
  cancel(): void;
}

type Done = (error?: Error | null) => void;

const withoutTimeout = { timeoutMs: Infinity } as const;
/** Up to this size, pieces that were written while another write was in progress are sent as one. */
const joinedBytesMax = 65_536;
/** What Linux waits before the first probe, if keep-alive is enabled without a delay. */
const keepAliveDefaultMs = 7_200_000;

/** A connection with the interface of `net.Socket`. Made by `connection.toNodeStream()` and `connectNodeStream()`. */
export class NodeStream extends Duplex {
  #source: StreamSource | undefined;
  #pending: PendingSource | undefined;
  readonly #idle: SocketIdle;
  /** Set before it is open; applied then. */
  #changed: { noDelay?: boolean; keepAliveMs?: number } = {};
  /** The last delay that `setKeepAlive` was given; 0 if none was. */
  #probeDelayMs = 0;
  #unreferenced = false;
  #resets = false;
  #reading = false;
  #received = 0;
  #written = 0;
  /** The time of `setTimeout`, or `undefined` if it was not called. */
  timeout: number | undefined = undefined;

  /** @internal */
  constructor(source: StreamSource | PendingSource, options: NodeStreamOptions) {
    const pending = "opened" in source ? source : undefined;
    super({
      allowHalfOpen: options.allowHalfOpen ?? false,
      ...(pending && {
        construct(this: Duplex, done: Done) {
          (this as NodeStream).#establish(pending, done);
        },
      }),
    });
    this.#source = pending === undefined ? (source as StreamSource) : undefined;
    this.#pending = pending;
    const clock = pending === undefined ? (source as StreamSource).socket.clock : pending.clock;
    this.#idle = new SocketIdle(
      clock ?? systemClock,
      () => this.#source?.connection.bytesSent ?? 0,
      () => this.emit("timeout"),
    );
    if (!this.allowHalfOpen) this.on("end", refuseWrites);
    // The peer's end must be noticed even if nothing consumes the stream.
    this.read(0);
  }

  // ── the state and addresses of a socket ──

  /** Whether it is being connected. */
  get connecting(): boolean {
    return this.#pending !== undefined && !this.destroyed;
  }

  /** Whether it is not open yet. */
  get pending(): boolean {
    return this.#source === undefined;
  }

  /** The state: both directions are open, one of them, or neither. */
  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  /** Bytes received so far. */
  get bytesRead(): number {
    return this.#received;
  }

  /** Bytes written, including those that wait to be sent. */
  get bytesWritten(): number {
    return this.#written + this.writableLength;
  }

  /** The peer's IP address; `undefined` for a Unix socket, and until it is open. */
  get remoteAddress(): string | undefined {
    return hostOf(this.#remoteEnd());
  }

  /** The peer's port; `undefined` as `remoteAddress` is. */
  get remotePort(): number | undefined {
    return portOf(this.#remoteEnd());
  }

  /** The version of IP; `undefined` as `remoteAddress` is. */
  get remoteFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.#remoteEnd());
  }

  /** The local IP address; `undefined` for a Unix socket, and until it is open. */
  get localAddress(): string | undefined {
    return hostOf(this.#localEnd());
  }

  /** The local port; `undefined` as `localAddress` is. */
  get localPort(): number | undefined {
    return portOf(this.#localEnd());
  }

  /** The version of IP; `undefined` as `localAddress` is. */
  get localFamily(): "IPv4" | "IPv6" | undefined {
    return familyOf(this.#localEnd());
  }

  /** The local address; empty for a Unix socket. */
  address(): { address?: string | undefined; family?: string | undefined; port?: number | undefined } {
    const local = this.#localEnd();
    if (local === undefined || local.family === "unix") return {};
    return { address: local.host, family: `IPv${local.family}`, port: local.port };
  }

  #localEnd(): Address | undefined {
    return this.#source?.connection.local;
  }

  #remoteEnd(): Address | undefined {
    return this.#source?.connection.remote;
  }

  // ── methods of a socket ──

  /**
   * For programs that connect the stream that they are given. The stream's target is fixed: the arguments are ignored,
   * and `connect` and `ready` are emitted once it is open.
   */
  connect(...args: readonly unknown[]): this {
    const listener = args.at(-1);
    if (typeof listener === "function") this.once("connect", listener as () => void);
    if (this.#source !== undefined) {
      queueMicrotask(() => {
        if (!this.destroyed) this.#announce();
      });
    }
    return this;
  }

  /** Emits `timeout` after `timeoutMs` without a received or written byte; 0 turns it off. Nothing is closed. */
  setTimeout(timeoutMs: number, listener?: () => void): this {
    if (typeof timeoutMs !== "number" || !(timeoutMs >= 0) || timeoutMs === Infinity) {
      throw new RangeError(`setTimeout: ${String(timeoutMs)} is not a time in milliseconds`);
    }
    if (listener !== undefined) checkCallback("setTimeout: listener", listener);
    if (this.destroyed) return this;
    this.timeout = timeoutMs;
    this.#idle.set(timeoutMs);
    if (listener !== undefined) {
      if (timeoutMs === 0) this.removeListener("timeout", listener);
      else this.once("timeout", listener);
    }
    return this;
  }

  /** Sends small writes at once (TCP_NODELAY). */
  setNoDelay(noDelay: boolean = true): this {
    this.#change({ noDelay });
    return this;
  }

  /** Turns keep-alive probes on or off; a delay of 0 keeps the delay that is set. */
  setKeepAlive(enable: boolean = false, initialDelayMs: number = 0): this {
    this.#probeDelayMs = initialDelayMs || this.#probeDelayMs;
    const delayMs = this.#probeDelayMs || this.#source?.socket.keepAliveMs || keepAliveDefaultMs;
    this.#change({ keepAliveMs: enable ? delayMs : 0 });
    return this;
  }

  /** Keeps the process alive while it is open. This is the default. */
  ref(): this {
    this.#unreferenced = false;
    this.#source?.connection.ref();
    return this;
  }

  /** Lets the process exit while it is open. */
  unref(): this {
    this.#unreferenced = true;
    this.#source?.connection.unref();
    return this;
  }

  /** Destroys the stream once everything written is sent. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** Closes with RST. */
  resetAndDestroy(): this {
    this.#resets = true;
    return this.destroy();
  }

  /** Closes at once: data whose write has not completed is lost. With an error, the stream emits it. */
  override destroy(error?: Error): this {
    // The stream waits for the end of connecting before it is destroyed.
    if (!this.destroyed) this.#pending?.cancel();
    return super.destroy(error);
  }

  /** `close` has an argument, as with `net.Socket`: whether there was an error. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    return event === "close" ? super.emit(event, this.errored !== null) : super.emit(event, ...args);
  }

  // ── Duplex ──

  override _read(): void {
    const source = this.#source;
    if (source === undefined || this.#reading) return;
    this.#reading = true;
    settle(
      source.connection.read(withoutTimeout),
      (chunk) => {
        this.#reading = false;
        this.#take(chunk);
      },
      (error) => this.destroy(nodeError(error)),
    );
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#send([chunk], chunk.length, done);
  }

  override _writev(pieces: readonly { readonly chunk: Uint8Array }[], done: Done): void {
    const chunks = pieces.map(({ chunk }) => chunk);
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#send(length <= joinedBytesMax ? [Buffer.concat(chunks, length)] : chunks, length, done);
  }

  override _final(done: Done): void {
    const { connection } = this.#source as StreamSource;
    settle(
      connection.end(),
      () => done(),
      (error) => done(nodeError(error)),
    );
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#idle.stop();
    const source = this.#source;
    if (source === undefined) {
      done(error);
      return;
    }
    const { connection, socket } = source;
    if (this.#resets) void connection.abort();
    else socket.closeNow();
    settle(connection.closed, () => done(error), done);
  }

  // ── inside ──

  #establish(pending: PendingSource, done: Done): void {
    settle(
      pending.opened,
      (source) => {
        this.#pending = undefined;
        this.#source = source;
        if (this.#unreferenced) source.connection.unref();
        source.socket.changeOptions(this.#changed);
        done();
        if (this.destroyed) return;
        this.#announce();
        this.read(0);
      },
      (error) => {
        this.#pending = undefined;
        // A destroyed stream reports why it was destroyed, not that connecting was stopped.
        done(this.destroyed ? null : nodeError(error));
      },
    );
  }

  #announce(): void {
    this.emit("connect");
    this.emit("ready");
  }

  #take(chunk: Uint8Array | null): void {
    if (this.destroyed) return;
    if (chunk === null) {
      this.push(null);
      // Without unread data, `end` is emitted even if nothing consumes the stream.
      this.read(0);
      return;
    }
    this.#received += chunk.length;
    this.#idle.active();
    this.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }

  #send(chunks: readonly Uint8Array[], length: number, done: Done): void {
    const { connection } = this.#source as StreamSource;
    this.#idle.active();
    const sent =
      chunks.length === 1 ? connection.write(chunks[0] as Uint8Array) : inOrder(connection, chunks);
    settle(
      sent.then(() => connection.flush()),
      () => {
        this.#written += length;
        this.#idle.active();
        done();
      },
      (error) => done(nodeError(error)),
    );
  }

  #change(changed: ChangedOptions): void {
    Object.assign(this.#changed, changed);
    this.#source?.socket.changeOptions(this.#changed);
  }
}

async function inOrder(connection: StreamedConnection, chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) await connection.write(chunk);
}

/**
 * Calls back outside the promise: an error that a listener of the stream throws is an uncaught exception, as with any
 * other stream, and not an unhandled rejection.
 */
function settle<Value>(
  promise: Promise<Value>,
  succeeded: (value: Value) => void,
  failed: (error: Error) => void,
): void {
  promise.then(
    (value) => {
      queueMicrotask(() => succeeded(value));
    },
    (error: unknown) => {
      queueMicrotask(() => failed(error as Error));
    },
  );
}

/** After the peer has ended, a write reports EPIPE, as with `net.Socket`. */
function refuseWrites(this: NodeStream): void {
  const write = this.write.bind(this) as (...args: unknown[]) => boolean;
  this.write = (...args: unknown[]): boolean => {
    if (!this.writableEnded) return write(...args);
    const error = Object.assign(new Error("This socket has been ended by the other party"), {
      code: "EPIPE",
    });
    const done = args.at(-1);
    if (typeof done === "function") queueMicrotask(() => (done as Done)(error));
    this.destroy(error);
    return false;
  };
}

function hostOf(address: Address | undefined): string | undefined {
  return address === undefined || address.family === "unix" ? undefined : address.host;
}

function portOf(address: Address | undefined): number | undefined {
  return address === undefined || address.family === "unix" ? undefined : address.port;
}

function familyOf(address: Address | undefined): "IPv4" | "IPv6" | undefined {
  if (address === undefined || address.family === "unix") return undefined;
  return address.family === 4 ? "IPv4" : "IPv6";
}

/** Checks the options, and that nothing else reads. */
export function checkNodeStream(options: NodeStreamOptions, isTaken: boolean): void {
  checkOptions("toNodeStream", options, nodeStreamChecks);
  if (isTaken) throw new TypeError("toNodeStream: this connection has a reader already");
}
