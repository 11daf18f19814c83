/**
 * Decides which clients a server accepts: by address rules, connection limits, the share and rate of each
 * source, and the process's descriptors.
 *
 * Node silently accepts and drops clients when the process has no descriptors left (F1). So the server
 * refuses clients earlier, with an event and an optional message, while the reserve lasts. This class only
 * decides; the server acts.
 */
import type { Address } from "../../base/address/address.ts";
import { isInBlock, type AddressBlock } from "../../base/address/address-block.ts";
import { sourceOf } from "../../base/address/source.ts";
import type { Descriptors } from "../../wire/index.ts";
import type { AdmissionRules } from "../options/server-settings.ts";
import { HeldBySource, RateBySource } from "./source-limits.ts";

export interface Refusal {
  readonly reason: "address" | "connections" | "source" | "rate" | "descriptors";
  /** The limit that is exceeded; `undefined` if the address is not allowed. */
  readonly limit: number | undefined;
}

/** A client. Its address is read only if needed, because engines create it on demand. */
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
  /** Descriptors that may be used before they must be counted again. */
  #uncounted = 0;
  /** Set while there is no room: the number of connections, and the time at which that was found. */
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
   * Decides on a newly accepted client. `held` is the number of open connections, `refusing` the number of
   * connections that are being refused: the descriptor reserve is for those.
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
    // The rate comes last: a client refused for another reason has not used it.
    const isInTime = source === undefined || (this.#rate?.take(source, this.#now()) ?? true);
    return isInTime
      ? undefined
      : { reason: "rate", limit: this.#rules.connectionsPerSourceRate?.connections };
  }

  /** Decides on a connection whose client is not known yet: only the limits of the whole server apply. */
  refusesAny(held: number, refusing: number): Refusal | undefined {
    const { connectionsMax, descriptorReserve } = this.#rules;
    if (held >= connectionsMax) return { reason: "connections", limit: connectionsMax };
    if (this.#descriptorsLeft(held, refusing)) return undefined;
    return { reason: "descriptors", limit: Math.max(0, this.#limit - descriptorReserve) };
  }

  entered(client: Client): void {
    const source = this.#sourceOf(client);
    if (source !== undefined) this.#held.add(source);
  }

  /** Counts the close of an accepted client. */
  left(client: Client): void {
    const source = this.#sourceOf(client);
    if (source !== undefined) this.#held.remove(source);
  }

  /** The source that a client counts towards; `undefined` if sources are not counted. */
  #sourceOf(client: Client): string | undefined {
    return this.#countsSources ? sourceOf(client.remote) : undefined;
  }

  /** A client whose address is no longer known cannot be on an allow list. */
  #isAllowed(client: Client): boolean {
    const { allow, deny } = this.#rules;
    if (allow === undefined && deny.length === 0) return true;
    const { remote } = client;
    if (remote === undefined || remote.family === "unix") return false;
    const holds = (block: AddressBlock): boolean => isInBlock(block, remote.host);
    return !deny.some(holds) && (allow === undefined || allow.some(holds));
  }

  /**
   * Counting may read a directory of all descriptors, so it is repeated when half of the room has been
   * used. If there is no room, it is not repeated for each refused client, but as soon as fewer connections
   * are open or some time has passed.
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

/** How long the process counts as full, unless one of its own connections closes. */
const recountAfterMs = 50;
