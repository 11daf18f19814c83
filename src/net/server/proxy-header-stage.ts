/**
 * The stage between accepting and admission on a server behind a load balancer: reads the PROXY protocol header of each
 * accepted wire, by its deadline.
 *
 * Whether a header is expected depends on the sender's address alone, never on the bytes. A connection that ends without
 * a byte, or whose header names no client, is a health check: it is neither a client nor an error.
 */
import { formatAddress, type Address } from "../../base/address/address.ts";
import { isInBlock } from "../../base/address/address-block.ts";
import { noBytes } from "../../base/bytes.ts";
import type { Timer } from "../../base/clock.ts";
import { NetError, type KnownErrorCode } from "../../base/errors.ts";
import { CodecError, proxyHeaderDecoder, type ProxyHeader } from "../../codec/index.ts";
import type { Wire } from "../../wire/index.ts";
import type { ReceivedProxyHeader } from "../connection/raw-connection.ts";
import type { ProxyProtocolRules } from "../options/proxy-protocol.ts";
import type { ServerSettings } from "../options/server-settings.ts";
import { HandshakeError, type Handshake } from "../proxy-client/handshake.ts";
import { openTunnel } from "../proxy-client/tunnel.ts";
import { newAbortController } from "../timing/abort-controller.ts";

interface Outcome {
  /** A client has come: through a load balancer, or directly where that is allowed. */
  arrived(wire: Wire): void;
  /** The wire is closed, because it is not that of a client. */
  failed(remote: Address | undefined, error: NetError): void;
}

/** What is known of a wire whose header is being read. */
interface Reading {
  header: ProxyHeader | undefined;
  bytesSeen: number;
  isLate: boolean;
  readonly controller: AbortController;
}

export class ProxyHeaderStage {
  readonly #rules: ProxyProtocolRules;
  readonly #settings: ServerSettings;
  readonly #outcome: Outcome;
  readonly #reading = new Set<Reading>();
  readonly #headers = new WeakMap<Wire, ReceivedProxyHeader>();

  constructor(rules: ProxyProtocolRules, settings: ServerSettings, outcome: Outcome) {
    this.#rules = rules;
    this.#settings = settings;
    this.#outcome = outcome;
  }

  /** Number of connections in this stage. */
  get size(): number {
    return this.#reading.size;
  }

  /** The header in front of the bytes of a client. */
  headerOf(wire: Wire): ReceivedProxyHeader | undefined {
    return this.#headers.get(wire);
  }

  /** Keeps the header for the wire that takes the place of another, as TLS does. */
  moveHeader(from: Wire, to: Wire): void {
    const header = this.#headers.get(from);
    if (header !== undefined) this.#headers.set(to, header);
  }

  take(wire: Wire): void {
    if (this.#isTrusted(wire.remote)) {
      void this.#read(wire);
    } else if (this.#rules.acceptsUntrusted) {
      this.#outcome.arrived(wire);
    } else {
      const { remote } = wire;
      wire.abort();
      const happened = "its address is not trusted to send PROXY protocol headers";
      this.#fail(remote, "ERR_PROXY_HEADER_UNTRUSTED", happened, "proxyProtocol.trusted");
    }
  }

  /** Closes all connections in this stage. */
  abortAll(): void {
    for (const { controller } of this.#reading) controller.abort();
  }

  /** Access to a Unix socket is a matter of its file's permissions. */
  #isTrusted(remote: Address | undefined): boolean {
    if (remote === undefined) return false;
    if (remote.family === "unix") return true;
    return this.#rules.trusted.some((block) => isInBlock(block, remote.host));
  }

  async #read(wire: Wire): Promise<void> {
    const controller = newAbortController();
    const reading: Reading = { header: undefined, bytesSeen: 0, isLate: false, controller };
    this.#reading.add(reading);
    const timer = this.#startDeadline(reading);
    const balancer = wire.remote;
    try {
      const opened = await openTunnel(wire, receive(reading), controller.signal);
      this.#reading.delete(reading);
      timer?.cancel();
      this.#opened(opened, balancer, reading.header as ProxyHeader);
    } catch (error) {
      this.#reading.delete(reading);
      timer?.cancel();
      this.#closed(balancer, reading, error);
    }
  }

  #startDeadline(reading: Reading): Timer | undefined {
    const { timeoutMs } = this.#rules;
    if (timeoutMs === Infinity) return undefined;
    return this.#settings.clock.after(timeoutMs, () => {
      reading.isLate = true;
      reading.controller.abort();
    });
  }

  #opened(wire: Wire, balancer: Address | undefined, header: ProxyHeader): void {
    if (header.source === undefined && !this.#rules.servesWithoutClient) {
      this.#discard(wire);
      return;
    }
    this.#headers.set(wire, { ...header, from: balancer });
    this.#outcome.arrived(wire);
  }

  /** Ends a health check in good order, and closes it if the other side does not follow. */
  #discard(wire: Wire): void {
    const { clock, lingerTimeoutMs } = this.#settings;
    const timer =
      lingerTimeoutMs === Infinity
        ? undefined
        : clock.after(lingerTimeoutMs, () => {
            wire.close();
          });
    wire.start({
      bytes: ignore,
      ended: ignore,
      drained: ignore,
      closed() {
        timer?.cancel();
      },
    });
    wire.end();
  }

  #closed(remote: Address | undefined, reading: Reading, error: unknown): void {
    const { timeoutMs } = this.#rules;
    if (reading.isLate) {
      const happened = `no complete PROXY protocol header in ${timeoutMs} ms`;
      this.#fail(remote, "ERR_PROXY_HEADER_TIMEOUT", happened, "proxyProtocol.timeoutMs");
      return;
    }
    // The server closes, or a health check only connected.
    if (reading.controller.signal.aborted || reading.bytesSeen === 0) return;
    const happened =
      error instanceof HandshakeError && error.code === "ERR_PROXY_HEADER_INVALID"
        ? error.message
        : "the connection closed inside the PROXY protocol header";
    this.#fail(remote, "ERR_PROXY_HEADER_INVALID", happened);
  }

  #fail(remote: Address | undefined, code: KnownErrorCode, happened: string, option?: string): void {
    const address = remote && formatAddress(remote);
    this.#outcome.failed(remote, new NetError({ code, stage: "handshake", address, happened, option }));
  }
}

/** Reads the header; the peer of the wire is then the client that it names. */
function* receive(reading: Reading): Handshake {
  const decoder = proxyHeaderDecoder();
  yield {
    read: {
      decode(bytes) {
        reading.bytesSeen = bytes.length;
        try {
          reading.header = decoder.decode(bytes);
        } catch (error) {
          if (!(error instanceof CodecError)) throw error;
          throw new HandshakeError("ERR_PROXY_HEADER_INVALID", error.message);
        }
        return reading.header && noBytes;
      },
      end: () => undefined,
    },
  };
  return reading.header?.source;
}

function ignore(): void {
  // Input of a health check is discarded.
}
