/**
 * Who may come in: rules of addresses, counts against the server's limits, each
 * source's share and rate, and the process's descriptors.
 *
 * Node accepts and drops clients without a word when the process has no descriptor
 * left (F1); so the server refuses earlier, politely and aloud, while the reserve
 * is still there. Decides only; the server acts.
 */
import type { Address } from "../../base/address/address.ts";
import { isInBlock, type AddressBlock } from "../../base/address/address-block.ts";
import { sourceOf } from "../../base/address/source.ts";
import type { Descriptors } from "../../wire/index.ts";
import type { AdmissionRules } from "../options/server-settings.ts";
import { HeldBySource, RateBySource } from "./source-limits.ts";

/** Why a client is not let in. */
export interface Refusal {
  readonly reason: "address" | "connections" | "source" | "rate" | "descriptors";
  /** What is exceeded; `undefined` where an address is simply not allowed. */
  readonly limit: number | undefined;
}

/** Who comes; asked for the address only where it matters, since an engine makes it when it is asked for. */
export interface Client {
  readonly remote: Address | undefined;
}

export class Admission {
  readonly #rules: AdmissionRules;
  readonly #held = new HeldBySource();
  readonly #rate: RateBySource | undefined;
  readonly #countsSources: boolean;
  readonly #count: () => Descriptors | undefined;
  readonly #now: () => number;
  #limit = Infinity;
  /** Descriptors that may still be taken before they must be counted again. */
  #uncounted = 0;
  /** Since there was no room: beside how many, and when that was found. */
  #full: { readonly held: number; readonly atMs: number } | undefined;

  constructor(rules: AdmissionRules, count: () => Descriptors | undefined, now: () => number) {
    this.#rules = rules;
    const { connectionsPerSourceRate: rate } = rules;
    this.#rate = rate === undefined ? undefined : new RateBySource(rate);
    this.#countsSources = rate !== undefined || rules.connectionsPerSourceMax !== Infinity;
    this.#count = count;
    this.#now = now;
  }

  /**
   * Decides on a client that has just been accepted, beside `held` others, and
   * `refusing` who are being told no: those are what the reserve is there for.
   */
  refuses(client: Client, held: number, refusing = 0): Refusal | undefined {
    const { connectionsMax, connectionsPerSourceMax, descriptorReserve } = this.#rules;
    if (!this.#isAllowed(client)) return { reason: "address", limit: undefined };
    if (held >= connectionsMax) return { reason: "connections", limit: connectionsMax };
    const source = this.#sourceOf(client);
    if (source !== undefined && this.#held.of(source) >= connectionsPerSourceMax) {
      return { reason: "source", limit: connectionsPerSourceMax };
    }
    if (!this.#descriptorsLeft(held, refusing)) {
      return { reason: "descriptors", limit: Math.max(0, this.#limit - descriptorReserve) };
    }
    // The last to be asked: whoever is refused for anything else has opened nothing.
    const isInTime = source === undefined || (this.#rate?.take(source, this.#now()) ?? true);
    return isInTime
      ? undefined
      : { reason: "rate", limit: this.#rules.connectionsPerSourceRate?.connections };
  }

  /** A client who was not refused has come in. */
  entered(client: Client): void {
    const source = this.#sourceOf(client);
    if (source !== undefined) this.#held.add(source);
  }

  /** A client who had come in has gone. */
  left(client: Client): void {
    const source = this.#sourceOf(client);
    if (source !== undefined) this.#held.remove(source);
  }

  /** Whose share a client is counted in; `undefined` where nobody's is. */
  #sourceOf(client: Client): string | undefined {
    return this.#countsSources ? sourceOf(client.remote) : undefined;
  }

  /** Whoever cannot be asked for an address any more has none that could be allowed. */
  #isAllowed(client: Client): boolean {
    const { allow, deny } = this.#rules;
    if (allow === undefined && deny.length === 0) return true;
    const { remote } = client;
    if (remote === undefined || remote.family === "unix") return false;
    const holds = (block: AddressBlock): boolean => isInBlock(block, remote.host);
    return !deny.some(holds) && (allow === undefined || allow.some(holds));
  }

  /**
   * Counting may mean to read a directory of all descriptors, so it is done when
   * half the room left has been used; and when there was none, not for each
   * client who is then refused, but as soon as fewer are held, or some time has passed.
   */
  #descriptorsLeft(held: number, refusing: number): boolean {
    if (this.#uncounted-- > 0) return true;
    const full = this.#full;
    const now = this.#now();
    if (full !== undefined && held >= full.held && now < full.atMs + recountAfterMs) return false;
    const counted = this.#count();
    this.#limit = counted?.limit ?? Infinity;
    const room = this.#limit - this.#rules.descriptorReserve - ((counted?.open ?? 0) - refusing);
    this.#uncounted = Math.floor(Math.max(room, 0) / 2);
    this.#full = room < 0 ? { held, atMs: now } : undefined;
    return room >= 0;
  }
}

/** How long a full process is taken to be full, unless one of its own connections ends. */
const recountAfterMs = 50;
