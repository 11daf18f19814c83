/**
 * The stage between admission and handling on a server that speaks TLS: the handshake with each client, by its deadline.
 *
 * A client in this stage counts towards all limits, until its connection has closed. A client that fails is sent the
 * alert of TLS and FIN, and gets `lingerTimeoutMs` to read them.
 */
import { formatAddress, type Address } from "../../base/address/address.ts";
import type { Timer } from "../../base/clock.ts";
import { NetError } from "../../base/errors.ts";
import { secureServer, TlsError, type TlsServerParameters, type Wire } from "../../wire/index.ts";
import { tlsFailure } from "../connection/tls-failure.ts";
import type { ServerSettings } from "../options/server-settings.ts";
import { newAbortController } from "../timing/abort-controller.ts";
import type { Client } from "./admission.ts";

interface Outcome {
  /** The handshake is complete. @param below the wire that the client came on */
  secured(wire: Wire, below: Wire): void;
  failed(remote: Address | undefined, error: NetError): void;
  /** The connection of a client that failed has closed. */
  left(client: Client): void;
}

/** A client whose handshake runs, or whose failed connection is being closed. */
interface Handshake extends Client {
  readonly controller: AbortController;
  /** Of the deadline; then of the time to read an alert. */
  timer: Timer | undefined;
  state: "running" | "late" | "failed";
  hasLeft: boolean;
}

export class TlsStage {
  readonly #settings: ServerSettings;
  readonly #outcome: Outcome;
  readonly #handshakes = new Set<Handshake>();
  #parameters: TlsServerParameters;

  constructor(parameters: TlsServerParameters, settings: ServerSettings, outcome: Outcome) {
    this.#parameters = parameters;
    this.#settings = settings;
    this.#outcome = outcome;
  }

  /** Number of connections in this stage. */
  get size(): number {
    return this.#handshakes.size;
  }

  /** Sets what later clients are presented. Handshakes that run keep what they began with. */
  use(parameters: TlsServerParameters): void {
    this.#parameters = parameters;
  }

  take(wire: Wire): void {
    const handshake: Handshake = {
      // A wire that has closed may not know its address any more.
      remote: wire.remote,
      controller: newAbortController(),
      timer: undefined,
      state: "running",
      hasLeft: false,
    };
    this.#handshakes.add(handshake);
    handshake.timer = this.#after(this.#settings.tlsHandshakeTimeoutMs, () => {
      handshake.state = "late";
      handshake.controller.abort();
    });
    void this.#shake(wire, handshake);
  }

  /** Closes all connections in this stage. */
  abortAll(): void {
    for (const { controller } of this.#handshakes) controller.abort();
  }

  async #shake(below: Wire, handshake: Handshake): Promise<void> {
    const { signal } = handshake.controller;
    let wire: Wire;
    try {
      wire = await secureServer(below, this.#parameters, signal, () => {
        this.#left(handshake);
      });
    } catch (error) {
      this.#failed(handshake, error);
      return;
    }
    handshake.timer?.cancel();
    this.#handshakes.delete(handshake);
    this.#outcome.secured(wire, below);
  }

  #failed(handshake: Handshake, thrown: unknown): void {
    handshake.timer?.cancel();
    const { controller, remote } = handshake;
    const error = this.#errorOf(handshake, thrown);
    if (!handshake.hasLeft && !controller.signal.aborted) {
      handshake.timer = this.#after(this.#settings.lingerTimeoutMs, () => {
        controller.abort();
      });
    }
    handshake.state = "failed";
    if (error !== undefined) this.#outcome.failed(remote, error);
  }

  /** @returns `undefined` if the server ended the handshake because it closes. */
  #errorOf({ state, controller, remote }: Handshake, thrown: unknown): NetError | undefined {
    const address = remote && formatAddress(remote);
    if (state === "late") {
      return new NetError({
        code: "ERR_TLS_HANDSHAKE_TIMEOUT",
        stage: "handshake",
        address,
        happened: `the TLS handshake did not complete in ${this.#settings.tlsHandshakeTimeoutMs} ms`,
        option: "tlsHandshakeTimeoutMs",
      });
    }
    if (controller.signal.aborted) return undefined;
    const unknown = (): TlsError => new TlsError("ERR_TLS_FAILED", "the handshake failed", thrown);
    return tlsFailure(thrown, address) ?? tlsFailure(unknown(), address);
  }

  #left(handshake: Handshake): void {
    handshake.hasLeft = true;
    if (handshake.state === "failed") handshake.timer?.cancel();
    if (!this.#handshakes.delete(handshake)) return;
    this.#outcome.left(handshake);
  }

  #after(ms: number, due: () => void): Timer | undefined {
    return ms === Infinity ? undefined : this.#settings.clock.after(ms, due);
  }
}
