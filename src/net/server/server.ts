/**
 * A server: listening sockets, one handler run per client, limits, and an orderly close.
 *
 * The path of a client: accepted ─▶ admitted (or refused, or waiting) ─▶ opened ─▶ handled ─▶ closed.
 * Behind a load balancer, proxy-header-stage.ts comes between accepted and admitted. With TLS, tls-stage.ts comes between
 * admitted and opened.
 * The engine accepts, admission.ts decides who is refused, byte-connection.ts is the connection.
 */
import { limits } from "../../base/limits.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { duration } from "../../base/arguments.ts";
import { onAbort } from "../../base/abort.ts";
import { formatAddress, type Address } from "../../base/address/address.ts";
import { describeSystemCode, NetError } from "../../base/errors.ts";
import { emit, type SocketEvent } from "../../base/events.ts";
import { onWorkerDisconnect, type Listener, type Wire, type WireError } from "../../wire/index.ts";
import { newAbortController } from "../timing/abort-controller.ts";
import { Admission, type Refusal } from "./admission.ts";
import { ByteConnection, type ConnectionOwner } from "../connection/byte-connection.ts";
import { handlerFailure, type CloseCause } from "../connection/close-info.ts";
import { TimerHeap } from "../timing/timer-heap.ts";
import { openListeners } from "./listening.ts";
import { OpenConnections } from "./open-connections.ts";
import { ServerStartTls } from "./start-tls.ts";
import { TlsStage } from "./tls-stage.ts";
import { ProxyHeaderStage } from "./proxy-header-stage.ts";
import { refuseClient } from "./send-refusal.ts";
import { warnOnce } from "./warning.ts";
import type { ServerSettings } from "../options/server-settings.ts";
import type { StartTlsServerOptions, TlsServerOptions } from "../connection/start-tls.ts";
import { tlsServerParameters } from "../options/tls-server.ts";

/** Statistics of a server. */
export interface ServerStats {
  /** Number of open connections. */
  readonly connections: number;
  /** Number of accepted clients that wait for their turn. */
  readonly waiting: number;
  /** Number of connections opened so far. */
  readonly connectionsTotal: number;
  /** Number of clients refused so far: by a limit, by their address, or because their PROXY header was not accepted. */
  readonly refusedTotal: number;
  /** Number of TLS handshakes that have failed so far. */
  readonly tlsFailedTotal: number;
}

/** Called with the error of a handler. */
type HandlerFailed = (connection: ByteConnection, thrown: unknown) => void;

/** Creates the function that runs a handler on each connection of a server. */
export type Runner = (server: Server, failed: HandlerFailed) => (connection: ByteConnection) => void;

/** Callers that take connections one by one. */
export interface Takers {
  /** Whether one of them waits for a connection. */
  readonly areWaiting: boolean;
  /** There are no further connections. */
  end(): void;
}

/** A listening server. `At` is the type of its address. */
export class Server<At extends Address = Address> implements AsyncDisposable {
  /** Resolves when the server has stopped listening and its last connection has closed. Never rejects. */
  readonly closed: Promise<void>;
  /** Aborted when the server begins to close, so that a handler may finish early. */
  readonly drainSignal: AbortSignal;

  readonly #settings: ServerSettings;
  readonly #takers: Takers | undefined;
  readonly #run: (connection: ByteConnection) => void;
  readonly #admission: Admission;
  /** Set on a server behind a load balancer. */
  readonly #headers: ProxyHeaderStage | undefined;
  /** Set on a server that speaks TLS. */
  readonly #tls: TlsStage | undefined;
  readonly #owner: ConnectionOwner;
  readonly #connections = new OpenConnections();
  readonly #drain = newAbortController();
  #listeners: readonly Listener[] = [];
  #state: "starting" | "listening" | "closing" | "closed" = "starting";
  /** Whether the listening sockets are closed. */
  #released = false;
  /** Number of running handlers: clients to which data is still owed. */
  #serving = 0;
  #waiting: Wire[] = [];
  #pauseRequested = false;
  #paused = false;
  #connectionsTotal = 0;
  #refusedTotal = 0;
  #tlsFailedTotal = 0;
  #refusing = 0;
  /** Memory queued for sending on all connections. */
  #queuedBytes = 0;
  #resolveClosed!: () => void;

  /**
   * @internal Created by `serve`.
   * @param takers where connections are taken one by one, and no handler runs
   */
  constructor(settings: ServerSettings, runner: Runner, takers?: Takers) {
    this.#settings = settings;
    this.#takers = takers;
    this.#run = runner(this, (connection, thrown) => {
      this.#handlerFailed(connection, thrown);
    });
    const startTls = new ServerStartTls(settings);
    this.#owner = {
      role: "server",
      settings,
      startTls: (options) => startTls.handshake(options as StartTlsServerOptions),
      timers: new TimerHeap(settings.clock),
      queued: (bytes) => {
        this.#queuedBytes += bytes;
        if (bytes > 0 && this.#queuedBytes > settings.totalWriteQueueBytesMax) this.#abortLongestQueue();
      },
      finished: () => {
        this.#serving--;
        this.#openWaiting();
      },
      closed: (connection) => {
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
    const { proxyProtocol } = settings;
    this.#headers =
      proxyProtocol &&
      new ProxyHeaderStage(proxyProtocol, settings, {
        arrived: (wire) => {
          this.#arrived(wire);
        },
        failed: (remote, error) => {
          this.#refusedTotal++;
          this.#emit({ type: "proxyHeaderFailed", atMs: this.#now(), remote, error });
        },
      });
    this.#tls =
      settings.tls &&
      new TlsStage(settings.tls, settings, {
        secured: (wire, below) => {
          this.#headers?.moveHeader(below, wire);
          this.#secured(wire);
        },
        failed: (remote, error) => {
          this.#tlsFailedTotal++;
          this.#emit({ type: "tlsHandshakeFailed", atMs: this.#now(), remote, error });
        },
        left: (client) => {
          this.#admission.left(client);
        },
      });
    this.drainSignal = this.#drain.signal;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** The address it listens on; the first one, if there are several (`localhost`). */
  get address(): At {
    return (this.#listeners[0] as Listener).address as At;
  }

  /** All addresses it listens on. */
  get addresses(): readonly At[] {
    return this.#listeners.map((listener) => listener.address as At);
  }

  /** Statistics so far. */
  get stats(): ServerStats {
    return {
      connections: this.#connections.size,
      waiting: this.#waiting.length,
      connectionsTotal: this.#connectionsTotal,
      refusedTotal: this.#refusedTotal,
      tlsFailedTotal: this.#tlsFailedTotal,
    };
  }

  /** Stops accepting clients; new ones wait in the backlog, in order. */
  pause(): void {
    this.#pauseRequested = true;
    this.#updateAccepting();
  }

  /** Accepts clients again, those in the backlog first. */
  resume(): void {
    this.#pauseRequested = false;
    this.#updateAccepting();
  }

  /**
   * Presents these certificates to later clients, and applies these rules to them. Open connections and handshakes in
   * progress keep theirs. Sessions from before are not resumed: their clients perform a full handshake.
   *
   * @throws {TypeError} for an invalid option, such as a key that does not belong to its certificate, and on a server
   *   without TLS. The server then goes on with what it had.
   */
  setTls(options: TlsServerOptions): void {
    const parameters = tlsServerParameters(options);
    if (this.#tls === undefined) throw new TypeError("setTls: this server does not speak TLS");
    this.#tls.use(parameters);
  }

  /**
   * Lets the process exit while the server listens, like `server.unref` of node:net. Each open connection still keeps the
   * process alive.
   */
  unref(): this {
    for (const listener of this.#listeners) listener.holdProcess(false);
    return this;
  }

  /** Keeps the process alive while the server listens. This is the default. */
  ref(): this {
    for (const listener of this.#listeners) listener.holdProcess(true);
    return this;
  }

  /**
   * Stops listening, gives clients at most `drainMs` to finish, and then aborts the remaining connections.
   * Clients that wait for their turn are disconnected at once.
   *
   * @param options `drainMs`: milliseconds. Default: 15 000. 0 aborts them at once, `Infinity` waits without limit.
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
      this.#emit({ type: "draining", atMs: this.#now(), connections, drainMs });
      this.#drain.abort();
    }
    if (drainMs === 0) this.#abortAll(drainMs);
    const timer =
      drainMs === 0 || drainMs === Infinity
        ? undefined
        : this.#settings.clock.after(drainMs, () => {
            this.#abortAll(drainMs);
          });
    await this.closed;
    timer?.cancel();
  }

  /** Calls `close()`, at the end of an `await using` block. */
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
      this.#headers?.abortAll();
      this.#tls?.abortAll();
      this.#abortWaiting();
      throw error;
    }
    this.#state = "listening";
    this.#closeOnAbort();
    // Open connections continue until they close, as node:cluster documents.
    void this.closed.then(onWorkerDisconnect(() => void this.close({ drainMs: Infinity })));
    for (const { address } of this.#listeners) {
      this.#emit({ type: "listening", atMs: this.#now(), address, backlog });
    }
    this.#openWaiting();
  }

  // ── accepting ──

  /** @internal A taker waits for a connection. */
  wanted(): void {
    this.#openWaiting();
  }

  #closeOnAbort(): void {
    const { signal } = this.#settings;
    if (signal === undefined) return;
    const stopListening = onAbort(signal, () => void this.close());
    void this.closed.then(stopListening);
  }

  #accepted(wire: Wire): void {
    if (this.#isOver()) {
      wire.abort();
      return;
    }
    if (this.#headers === undefined) {
      this.#arrived(wire);
      return;
    }
    const refusal = this.#admission.refusesAny(this.#held(), this.#refusing);
    if (refusal === undefined) this.#headers.take(wire);
    else this.#refuse(wire, refusal);
  }

  /** Whether no client is accepted any more. */
  #isOver(): boolean {
    const arrived = this.#connectionsTotal + this.#waiting.length;
    return this.#state === "closing" || this.#state === "closed" || arrived >= this.#settings.acceptMax;
  }

  /** Number of connections that the server holds. */
  #held(): number {
    return (
      this.#connections.size + this.#waiting.length + (this.#headers?.size ?? 0) + (this.#tls?.size ?? 0)
    );
  }

  /** The address of the client is known: it is admitted, or refused. */
  #arrived(wire: Wire): void {
    if (this.#headers !== undefined && this.#isOver()) {
      wire.abort();
      return;
    }
    const refusal = this.#admission.refuses(wire, this.#held(), this.#refusing);
    if (refusal !== undefined) {
      this.#refuse(wire, refusal);
      return;
    }
    this.#admission.entered(wire);
    if (this.#tls === undefined) this.#admitted(wire);
    else this.#tls.take(wire);
  }

  #admitted(wire: Wire): void {
    this.#waiting.push(wire);
    this.#openWaiting();
  }

  /** The server may have been closed, or have reached `acceptMax`, during the handshake. */
  #secured(wire: Wire): void {
    if (!this.#isOver()) {
      this.#admitted(wire);
      return;
    }
    this.#admission.left(wire);
    wire.abort();
  }

  /** Opens waiting clients up to the concurrency limit, once all addresses are listening. */
  #openWaiting(): void {
    while (
      this.#state === "listening" &&
      !this.#pauseRequested &&
      this.#serving < this.#settings.concurrency
    ) {
      if (this.#takers?.areWaiting === false) break;
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
      proxyProtocol: this.#headers?.headerOf(wire),
    });
    this.#connections.add(connection);
    this.#run(connection);
    if (this.#connectionsTotal >= this.#settings.acceptMax) this.#stopListening();
  }

  /** An error of a handler closes its own connection only. */
  #handlerFailed(connection: ByteConnection, thrown: unknown): void {
    // An error that closed the connection is in its `CloseInfo` already.
    const own = connection.closeInfo?.error;
    if (own !== undefined && thrown === own) {
      if (this.#settings.onError !== undefined) this.#report(own, connection);
      return;
    }
    const cause: CloseCause = handlerFailure(thrown, connection.name);
    const error = cause.error as NetError;
    if (cause.how === "failed") {
      this.#emit({ type: "handlerFailed", atMs: this.#now(), connection: connection.id, error });
      connection.fail(cause);
    } else {
      connection.close(cause);
    }
    this.#report(error, connection);
  }

  /** Too much memory is queued for sending: aborts the connection with the longest queue. */
  #abortLongestQueue(): void {
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
      happened: `${this.#queuedBytes} bytes are unsent on all connections, more than ${max}; this connection has the most, ${longest.queuedBytes}`,
      option: "totalWriteQueueBytesMax",
    });
    longest.fail({ how: "limit", by: "us", stage: "send", error });
  }

  #refuse(wire: Wire, refusal: Refusal): void {
    this.#refusedTotal++;
    const connections = this.#connections.size;
    this.#emit({ type: "refused", atMs: this.#now(), remote: wire.remote, connections, ...refusal });
    if (refusal.reason === "address") {
      // A client with a forbidden address gets no message, and costs nothing more.
      wire.abort();
      return;
    }
    // A graceful refusal holds a descriptor until the client has read the message.
    const graceful = this.#refusing < Math.floor(this.#settings.descriptorReserve / 2);
    if (graceful) this.#refusing++;
    refuseClient(wire, this.#settings, graceful, () => {
      if (graceful) this.#refusing--;
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
    this.#emit({ type: "acceptFailed", atMs: this.#now(), error });
    this.#report(error, undefined);
  }

  // ── pausing and closing ──

  #updateAccepting(): void {
    const full = this.#serving >= this.#settings.concurrency;
    const paused = this.#pauseRequested || full;
    if (this.#state !== "listening") return;
    if (paused !== this.#paused) {
      this.#paused = paused;
      const atMs = this.#now();
      if (paused) {
        this.#emit({
          type: "acceptingPaused",
          atMs,
          reason: this.#pauseRequested ? "requested" : "concurrency",
        });
        for (const listener of this.#listeners) listener.pause();
      } else {
        this.#emit({ type: "acceptingResumed", atMs });
        for (const listener of this.#listeners) listener.resume();
      }
    }
    if (!paused && this.#waiting.length > 0 && this.#takers?.areWaiting !== false) this.#openWaiting();
  }

  #stopListening(): void {
    if (this.#state !== "listening") return;
    this.#state = "closing";
    this.#headers?.abortAll();
    this.#tls?.abortAll();
    this.#abortWaiting();
    this.#takers?.end();
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

  #abortAll(drainMs: number): void {
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
    this.#emit({ type: "serverClosed", atMs: this.#now(), connectionsTotal: this.#connectionsTotal });
    this.#resolveClosed();
  }

  #now(): number {
    return this.#settings.clock.now();
  }

  #emit(event: SocketEvent): void {
    emit(this.#settings.onEvent, event);
  }

  #report(error: NetError, connection: ByteConnection | undefined): void {
    const { onError, isWatched } = this.#settings;
    if (onError !== undefined) emit((reported: NetError) => onError(reported, connection?.raw), error);
    else if (!isWatched("handlerFailed")) warnOnce(error);
  }
}
