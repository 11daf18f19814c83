/**
 * A peer that follows a script, step by step, and fails when the other side deviates from it.
 *
 * It sends and expects bytes and knows no protocol, so that a test shows what crosses the connection.
 * `connectPeer` tests a server, `listenPeer` tests a client.
 */
import { checkOptions } from "../base/option-checks.ts";
import { bytesToSend, record, shown as describe, withFunctions } from "../base/arguments.ts";
import { formatAddress, type Address, type Destination } from "../base/address/address.ts";
import { concatBytes, noBytes } from "../base/bytes.ts";
import { NetError } from "../base/errors.ts";
import { connect, serve, type Connection, type ConnectOptions, type ServeOptions } from "../net/index.ts";
import { commonLength, difference, ExpectationError, shown } from "./expectation.ts";

/** Options of a scripted peer. */
export interface PeerOptions {
  /** Timeout of an expectation in milliseconds, on the connection's clock. Default: 5000. */
  readonly timeoutMs?: number | undefined;
}

const timeoutMsDefault = 5_000;

function checkTimeout(name: string, value: unknown): void {
  if (typeof value === "number" && value > 0) return;
  throw new TypeError(`${name}: ${describe(value)} is not a number of milliseconds above 0, or Infinity`);
}

type Step = Uint8Array | "end" | "silence" | NetError;

/**
 * A peer that follows a script, step by step, and fails when the other side deviates from it. It sends and expects
 * bytes, without a codec.
 */
export class ScriptedPeer implements AsyncDisposable {
  /** The peer's end of the connection. */
  readonly connection: Connection;
  readonly #timeoutMs: number;
  /** Bytes received but not yet expected. */
  #received: Uint8Array = noBytes;

  /** Creates a peer on an open connection, such as one end of `openPair`. */
  constructor(connection: Connection, options: PeerOptions = {}) {
    withFunctions("ScriptedPeer: connection", connection, "a Connection", ["read", "write", "end", "abort"]);
    checkOptions("ScriptedPeer", options, { timeoutMs: checkTimeout });
    const { timeoutMs = timeoutMsDefault } = options;
    this.connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Waits for exactly these bytes. Further bytes are kept for the next expectation.
   *
   * @throws {ExpectationError} at the first byte that differs, or if no more arrive in time.
   */
  expect(bytes: string | Uint8Array): Promise<void> {
    return this.#expect(bytesToSend("expect: bytes", bytes));
  }

  async #expect(expected: Uint8Array): Promise<void> {
    for (;;) {
      const common = commonLength(expected, this.#received);
      if (common === expected.length) break;
      if (common < this.#received.length) throw difference(expected, this.#received, common);
      const next = await this.#next();
      if (!(next instanceof Uint8Array)) throw difference(expected, this.#received, common, inWords(next));
      this.#received = concatBytes([this.#received, next]);
    }
    this.#received = this.#received.subarray(expected.length);
  }

  /** Waits for the other side's FIN. @throws {ExpectationError} if anything else is received first. */
  async expectEnd(): Promise<void> {
    const next = await this.#nextOrRest();
    if (next !== "end") throw instead("its end (FIN)", next);
  }

  /** Waits for the other side's reset. @throws {ExpectationError} if anything else is received first. */
  async expectReset(): Promise<void> {
    const next = await this.#nextOrRest();
    if (!(next instanceof NetError && next.code === "ECONNRESET")) throw instead("a reset", next);
  }

  /** Sends bytes or text; resolves when you can send more. */
  send(bytes: string | Uint8Array): Promise<void> {
    return this.connection.write(bytesToSend("send: bytes", bytes));
  }

  /** Sends FIN; the other side may still send. */
  end(): Promise<void> {
    return this.connection.end();
  }

  /** Resets the connection: the other side loses data that it has not read. */
  async reset(): Promise<void> {
    await this.connection.abort();
  }

  /** Closes the connection in good order. */
  async close(): Promise<void> {
    await this.connection.close();
  }

  /** Calls `close()`, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection.abort();
  }

  async #nextOrRest(): Promise<Step> {
    return this.#received.length > 0 ? this.#received : this.#next();
  }

  async #next(): Promise<Step> {
    try {
      return (await this.connection.read({ timeoutMs: this.#timeoutMs })) ?? "end";
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      return error.code === "ERR_READ_TIMEOUT" ? "silence" : error;
    }
  }
}

/** A scripted client, for testing a server. */
export async function connectPeer(
  target: Destination,
  options: PeerOptions & ConnectOptions = {},
): Promise<ScriptedPeer> {
  record("connectPeer: options", options);
  const { timeoutMs, ...rest } = options;
  checkOptions("connectPeer", { timeoutMs }, { timeoutMs: checkTimeout });
  return new ScriptedPeer(await connect(target, rest), { timeoutMs });
}

/** A scripted server: its address and its clients. */
export interface ListeningPeer extends AsyncDisposable {
  /** The address to connect to, as text for `connect`. */
  readonly target: string;
  /** The address to connect to, as an object. */
  readonly address: Address;
  /** The next client in order of arrival; waits for one if necessary. */
  accept(): Promise<ScriptedPeer>;
  /** Aborts all clients and stops listening. */
  close(): Promise<void>;
}

/**
 * A scripted server, for testing a client. It listens on a free port of 127.0.0.1 by default.
 *
 * @example
 * await using server = await listenPeer();
 * const client = startTheClient(server.target);
 * await using peer = await server.accept();
 * await peer.expect("HELO\r\n");
 * await peer.send("250 hello\r\n");
 * await peer.expectEnd();
 */
export async function listenPeer(options: PeerOptions & ServeOptions = {}): Promise<ListeningPeer> {
  record("listenPeer: options", options);
  const { timeoutMs, ...rest } = options;
  checkOptions("listenPeer", { timeoutMs }, { timeoutMs: checkTimeout });
  const arrived: ScriptedPeer[] = [];
  const waiting: ((peer: ScriptedPeer) => void)[] = [];
  const server = await serve(rest, async (client) => {
    const peer = new ScriptedPeer(client, { timeoutMs });
    const next = waiting.shift();
    if (next === undefined) arrived.push(peer);
    else next(peer);
    await client.closed;
  });
  const close = (): Promise<void> => server.close({ drainMs: 0 });
  return {
    address: server.address,
    target: formatAddress(server.address),
    accept() {
      const peer = arrived.shift();
      return peer === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(peer);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What happened instead of the expected bytes, in words. */
function inWords(step: Exclude<Step, Uint8Array>): string {
  if (step === "end") return "the end (FIN)";
  return step === "silence" ? "no more in time (timeoutMs)" : step.message;
}

function instead(expected: string, came: Step): ExpectationError {
  const isBytes = came instanceof Uint8Array;
  const received = isBytes ? shown(came) : inWords(came);
  const what = isBytes ? `${came.length} bytes came` : "something else happened";
  return new ExpectationError(`${what} where ${expected} was expected`, expected, received);
}
