/**
 * A server: bound addresses, one handler run per client, limits and an end.
 *
 * Tells the story of a client: accepted ─▶ admitted (or refused, or waiting) ─▶
 * opened ─▶ handled ─▶ closed. Accepting is the engine's, the connection itself is
 * byte-connection.ts, who may come in is admission.ts.
 */
import { limits } from "../../base/limits.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { callback, duration, shown } from "../../base/arguments.ts";
import {
  formatAddress,
  type Address,
  type TcpAddress,
  type UnixAddress,
} from "../../base/address/address.ts";
import { describeSystemCode, NetError } from "../../base/errors.ts";
import { emit, type SocketEvent } from "../../base/events.ts";
import { raw, type Codec } from "../../codec/index.ts";
import { onWorkerDisconnect, type Listener, type Wire, type WireError } from "../../wire/index.ts";
import { newAbortController } from "../timing/abort-controller.ts";
import { Admission, type Refusal } from "./admission.ts";
import { ByteConnection, type ConnectionOwner } from "../connection/byte-connection.ts";
import { handlerFailure, type CloseCause } from "../connection/close-info.ts";
import { Connection } from "../connection/connection.ts";
import { TimerHeap } from "../timing/timer-heap.ts";
import { openListeners } from "./listening.ts";
import { OpenConnections } from "./open-connections.ts";
import type { RawConnection } from "../connection/raw-connection.ts";
import { RawRun, type RawHandler } from "../connection/raw-handler.ts";
import { refusePolitely } from "./refusal.ts";
import { serverSettings, type ServeOptions, type ServerSettings } from "../options/server-settings.ts";

/** Serves one client; its connection is closed when it returns. */
export type Handler<In = Uint8Array, Out = In> = (
  client: Connection<In, Out>,
  server: Server,
) => Promise<void> | void;

/** What a server counts. */
export interface ServerStats {
  /** Connections open now. */
  readonly connections: number;
  /** Clients that wait for their turn, connected and untouched. */
  readonly waiting: number;
  /** Clients ever let in. */
  readonly connectionsTotal: number;
  /** Clients ever refused, by a limit or by their address. */
  readonly refusedTotal: number;
}

/** Told of what a handler has thrown. */
type HandlerFailed = (connection: ByteConnection, thrown: unknown) => void;

/** Of a handler, how it is run on each connection of a server. */
type Runner = (server: Server, failed: HandlerFailed) => (connection: ByteConnection) => void;

/**
 * Listens, and serves every client that comes.
 *
 * With a function, each client is a `Connection` and the function's return ends it;
 * with an object of callbacks (raw mode) nothing is awaited or copied.
 *
 * The type of `server.address` follows the options: a server on a host and port has a `TcpAddress`, and so
 * `server.address.port`; one on a `path` has a `UnixAddress`. With `fd`, and with options whose type does not say
 * which, it is either.
 *
 * @throws {TypeError} for an option that cannot be.
 * @throws {NetError} with stage `resolve`, `bind` or `listen`.
 * @example
 * await using server = await serve({ port: 8888, codec: lines() }, async (client) => {
 *   await client.write("Welcome to the server. Type something and hit enter\n");
 *   for await (const line of client) await client.send(`OK... ${line}`);
 * });
 */
export function serve<In, Out>(
  options: ServeOptions<In, Out> & {
    readonly codec: Codec<In, Out>;
    readonly path?: undefined;
    readonly fd?: undefined;
  },
  handler: Handler<In, Out>,
): Promise<Server<TcpAddress>>;
export function serve(
  options: ServeOptions & { readonly path?: undefined; readonly fd?: undefined },
  handler: Handler | RawHandler,
): Promise<Server<TcpAddress>>;
export function serve<In, Out>(
  options: ServeOptions<In, Out> & { readonly codec: Codec<In, Out>; readonly path: string },
  handler: Handler<In, Out>,
): Promise<Server<UnixAddress>>;
export function serve(
  options: ServeOptions & { readonly path: string },
  handler: Handler | RawHandler,
): Promise<Server<UnixAddress>>;
export function serve<In, Out>(
  options: ServeOptions<In, Out> & { readonly codec: Codec<In, Out> },
  handler: Handler<In, Out>,
): Promise<Server>;
export function serve(options: ServeOptions, handler: Handler | RawHandler): Promise<Server>;
export async function serve<In, Out>(
  options: ServeOptions<In, Out>,
  handler: Handler<In, Out> | RawHandler,
): Promise<Server> {
  const settings = serverSettings(options);
  checkHandler(handler);
  const codec = options.codec ?? (raw() as unknown as Codec<In, Out>);
  const server: Server = new Server(
    settings,
    typeof handler === "function" ? awaiting(handler, codec) : calling(handler),
  );
  await server.listen();
  return server;
}

/** @throws {TypeError} for what is no handler, and for a callback of one that is no function. */
function checkHandler(handler: unknown): void {
  if (typeof handler === "function") return;
  const calls = (handler ?? {}) as Partial<Record<string, unknown>>;
  if (typeof calls["bytes"] !== "function") {
    const what = shown(handler);
    throw new TypeError(`handler: ${what} is neither a function nor an object with a function \`bytes\``);
  }
  for (const name of ["opened", "ended", "drained", "closed"]) {
    if (calls[name] !== undefined) callback(`handler.${name}`, calls[name]);
  }
}

function awaiting<In, Out>(handler: Handler<In, Out>, codec: Codec<In, Out>): Runner {
  return (server, failed) => {
    function finished(this: Connection<In, Out>): void {
      this.finish();
    }
    function threw(this: ByteConnection, thrown: unknown): void {
      failed(this, thrown);
    }
    return (connection) => {
      try {
        const client = new Connection(connection, codec);
        const running = Promise.resolve(handler(client, server));
        // Bound, and no async function around the handler's: one that waits costs 460 bytes of memory, these 190.
        running.then(finished.bind(client), threw.bind(connection));
      } catch (thrown) {
        failed(connection, thrown);
      }
    };
  };
}

function calling(handler: RawHandler): Runner {
  return (server, failed) => {
    const calls = new RawRun(handler, server, failed);
    return (connection) => {
      calls.run(connection);
    };
  };
}

/** Listens, until it is closed. `At` is what kind of address it listens on. */
export class Server<At extends Address = Address> implements AsyncDisposable {
  /** Resolves, never rejects, when it has stopped listening and its last connection has ended. */
  readonly closed: Promise<void>;
  /** Aborted when the server begins to close: a handler may finish early. */
  readonly drainSignal: AbortSignal;

  readonly #settings: ServerSettings;
  readonly #run: (connection: ByteConnection) => void;
  readonly #admission: Admission;
  readonly #owner: ConnectionOwner;
  readonly #connections = new OpenConnections();
  readonly #drain = newAbortController();
  #listeners: readonly Listener[] = [];
  #state: "starting" | "listening" | "closing" | "closed" = "starting";
  /** Whether the addresses are free again. */
  #released = false;
  /** Handlers at work: clients to whom something is still owed. */
  #serving = 0;
  #waiting: Wire[] = [];
  #asked = false;
  #paused = false;
  #connectionsTotal = 0;
  #refusedTotal = 0;
  #refusing = 0;
  /** Memory that waits to be sent, on all connections. */
  #queuedBytes = 0;
  #resolveClosed!: () => void;

  /** @internal Made by `serve`. */
  constructor(settings: ServerSettings, runner: Runner) {
    this.#settings = settings;
    this.#run = runner(this, (connection, thrown) => {
      this.#handlerFailed(connection, thrown);
    });
    this.#owner = {
      role: "server",
      settings,
      deadlines: new TimerHeap(settings.clock),
      queued: (bytes) => {
        this.#queuedBytes += bytes;
        if (bytes > 0 && this.#queuedBytes > settings.totalWriteQueueBytesMax) this.#cutLongestQueue();
      },
      finished: () => {
        this.#serving--;
        this.#letIn();
      },
      over: (connection) => {
        this.#admission.left(connection);
        this.#connections.delete(connection);
        this.#checkClosed();
      },
    };
    this.#admission = new Admission(
      settings,
      () => settings.engine.descriptors(),
      () => settings.clock.now(),
    );
    this.drainSignal = this.#drain.signal;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** Where it listens; the first, if there are several (`localhost`). */
  get address(): At {
    return (this.#listeners[0] as Listener).address as At;
  }

  /** Everywhere it listens. */
  get addresses(): readonly At[] {
    return this.#listeners.map((listener) => listener.address as At);
  }

  get stats(): ServerStats {
    return {
      connections: this.#connections.size,
      waiting: this.#waiting.length,
      connectionsTotal: this.#connectionsTotal,
      refusedTotal: this.#refusedTotal,
    };
  }

  /** Lets no further client in; those who come wait, in their order. */
  pause(): void {
    this.#asked = true;
    this.#updateAccepting();
  }

  /** Goes on letting clients in, those who waited first. */
  resume(): void {
    this.#asked = false;
    this.#updateAccepting();
  }

  /**
   * Lets the process end though the server listens, as `server.unref` of node:net does. Its connections keep the
   * process alive each for itself.
   */
  unref(): this {
    for (const listener of this.#listeners) listener.holdProcess(false);
    return this;
  }

  /** Keeps the process alive while the server listens, as it does at first. */
  ref(): this {
    for (const listener of this.#listeners) listener.holdProcess(true);
    return this;
  }

  /**
   * Stops listening, lets the clients finish for at most `drainMs`, then cuts those
   * who have not. Clients still waiting for their turn are let go at once.
   */
  close(options: { readonly drainMs?: number | undefined } = {}): Promise<void> {
    checkOptions("close", options, { drainMs: true });
    const { drainMs = limits.drainMs.value } = options;
    return this.#close(drainMs === 0 ? 0 : duration("drainMs", drainMs));
  }

  async #close(drainMs: number): Promise<void> {
    if (this.#state !== "closed" && !this.#drain.signal.aborted) {
      const connections = this.#connections.size;
      this.#stopListening();
      this.#tell({ type: "draining", atMs: this.#now(), connections, drainMs });
      this.#drain.abort();
    }
    if (drainMs === 0) this.#cut(drainMs);
    const timer =
      drainMs === 0 || drainMs === Infinity
        ? undefined
        : this.#settings.clock.after(drainMs, () => {
            this.#cut(drainMs);
          });
    await this.closed;
    timer?.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal Called once, by `serve`. */
  async listen(): Promise<void> {
    const { backlog } = this.#settings;
    try {
      this.#listeners = await openListeners(this.#settings, {
        accepted: (wire) => {
          this.#accepted(wire);
        },
        acceptFailed: (error) => {
          this.#acceptFailed(error);
        },
      });
    } catch (error) {
      this.#state = "closed";
      this.#abortWaiting();
      throw error;
    }
    this.#state = "listening";
    // The open connections go on until they end, as node:cluster documents.
    void this.closed.then(onWorkerDisconnect(() => void this.close({ drainMs: Infinity })));
    for (const { address } of this.#listeners) {
      this.#tell({ type: "listening", atMs: this.#now(), address, backlog });
    }
    this.#letIn();
  }

  // ── a client's way in ──

  #accepted(wire: Wire): void {
    const arrived = this.#connectionsTotal + this.#waiting.length;
    if (this.#state === "closing" || this.#state === "closed" || arrived >= this.#settings.acceptMax) {
      wire.abort();
      return;
    }
    const held = this.#connections.size + this.#waiting.length;
    const refusal = this.#admission.refuses(wire, held, this.#refusing);
    if (refusal !== undefined) {
      this.#refuse(wire, refusal);
      return;
    }
    this.#admission.entered(wire);
    this.#waiting.push(wire);
    this.#letIn();
  }

  /** Opens as many of those who wait as may be served; while not all addresses are open, none. */
  #letIn(): void {
    while (this.#state === "listening" && !this.#asked && this.#serving < this.#settings.concurrency) {
      const wire = this.#waiting.shift();
      if (wire === undefined) break;
      this.#open(wire);
    }
    this.#updateAccepting();
  }

  #open(wire: Wire): void {
    this.#connectionsTotal++;
    this.#serving++;
    const startedAtMs = this.#now();
    const connection = new ByteConnection({
      id: this.#connectionsTotal,
      owner: this.#owner,
      wire,
      startedAtMs,
    });
    this.#connections.add(connection);
    this.#run(connection);
    if (this.#connectionsTotal >= this.#settings.acceptMax) this.#stopListening();
  }

  /** What a handler throws costs its own connection and nothing else. */
  #handlerFailed(connection: ByteConnection, thrown: unknown): void {
    // What the connection itself died of is in its `CloseInfo`.
    const own = connection.closeInfo?.error;
    if (own !== undefined && thrown === own) {
      this.#report(own, connection);
      return;
    }
    const verdict: CloseCause = handlerFailure(thrown, connection.name);
    const error = verdict.error as NetError;
    if (verdict.how === "failed") {
      this.#tell({ type: "handlerFailed", atMs: this.#now(), connection: connection.id, error });
      connection.fail(verdict);
    } else {
      connection.close(verdict);
    }
    this.#report(error, connection);
  }

  /** Too much waits to be sent: the connection where most of it waits is closed. */
  #cutLongestQueue(): void {
    let longest: ByteConnection | undefined;
    for (const connection of this.#connections) {
      if (connection.queuedBytes > (longest?.queuedBytes ?? 0)) longest = connection;
    }
    if (longest === undefined) return;
    const max = this.#settings.totalWriteQueueBytesMax;
    const error = new NetError({
      code: "ERR_WRITE_QUEUE_FULL",
      stage: "send",
      address: longest.name,
      happened: `${this.#queuedBytes} bytes wait to be sent on all connections, more than ${max}; here wait ${longest.queuedBytes}, more than elsewhere`,
      option: "totalWriteQueueBytesMax",
    });
    longest.fail({ how: "limit", by: "us", stage: "send", error });
  }

  #refuse(wire: Wire, refusal: Refusal): void {
    this.#refusedTotal++;
    const connections = this.#connections.size;
    this.#tell({ type: "refused", atMs: this.#now(), remote: wire.remote, connections, ...refusal });
    if (refusal.reason === "address") {
      // Strangers get no word, and cost nothing more.
      wire.abort();
      return;
    }
    // Whoever is refused holds a descriptor until it has heard so.
    const politely = this.#refusing < Math.floor(this.#settings.descriptorReserve / 2);
    if (politely) this.#refusing++;
    refusePolitely(wire, this.#settings, politely, () => {
      if (politely) this.#refusing--;
    });
  }

  #acceptFailed({ code, cause }: WireError): void {
    const error = new NetError({
      code,
      stage: "accept",
      address: this.#listeners.length === 0 ? undefined : formatAddress(this.address),
      happened: describeSystemCode(code, { stage: "accept" }),
      cause,
    });
    this.#tell({ type: "acceptFailed", atMs: this.#now(), error });
    this.#report(error, undefined);
  }

  // ── pausing and closing ──

  #updateAccepting(): void {
    const full = this.#serving >= this.#settings.concurrency;
    const paused = this.#asked || full;
    if (this.#state !== "listening") return;
    if (paused !== this.#paused) {
      this.#paused = paused;
      const atMs = this.#now();
      if (paused) {
        this.#tell({ type: "acceptingPaused", atMs, reason: this.#asked ? "asked" : "concurrency" });
        for (const listener of this.#listeners) listener.pause();
      } else {
        this.#tell({ type: "acceptingResumed", atMs });
        for (const listener of this.#listeners) listener.resume();
      }
    }
    if (!paused && this.#waiting.length > 0) this.#letIn();
  }

  #stopListening(): void {
    if (this.#state !== "listening") return;
    this.#state = "closing";
    this.#abortWaiting();
    void Promise.all(this.#listeners.map((listener) => listener.close())).then(() => {
      this.#released = true;
      this.#checkClosed();
    });
  }

  #abortWaiting(): void {
    for (const wire of this.#waiting.splice(0)) {
      this.#admission.left(wire);
      wire.abort();
    }
  }

  #cut(drainMs: number): void {
    for (const connection of this.#connections) {
      const error = new NetError({
        code: "ERR_DRAIN_TIMEOUT",
        stage: "close",
        address: connection.name,
        happened: `not finished ${drainMs} ms after the server began to close`,
        option: "drainMs",
      });
      connection.fail({ how: "aborted", by: "us", stage: "close", error });
    }
  }

  #checkClosed(): void {
    if (this.#state !== "closing" || !this.#released || this.#connections.size > 0) return;
    this.#state = "closed";
    this.#tell({ type: "serverClosed", atMs: this.#now(), connectionsTotal: this.#connectionsTotal });
    this.#resolveClosed();
  }

  #now(): number {
    return this.#settings.clock.now();
  }

  #tell(event: SocketEvent): void {
    emit(this.#settings.onEvent, event);
  }

  #report(error: NetError, connection: RawConnection | undefined): void {
    const { onError } = this.#settings;
    if (onError !== undefined) emit((told: NetError) => onError(told, connection), error);
  }
}
