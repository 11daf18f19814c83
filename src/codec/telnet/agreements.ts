/**
 * The negotiation state of a telnet connection, option by option.
 *
 * Decides what to reply. A peer could request options without end, so requests for one option get at
 * most `telnetAnswersMax` replies (F71). Replies that RFC 1143 requires because of our own agreement or
 * request are always sent: their number is bounded.
 */
import { limits } from "../../base/limits.ts";
import { telnetOptions, type TelnetOption } from "./names.ts";
import {
  requestOff,
  requestOn,
  receivedOff,
  receivedOn,
  type OptionState,
  type Step,
} from "./negotiation.ts";
import type { TelnetVerb } from "./telnet.ts";

/** The side that performs an option: `us` sends WILL and receives DO, the `peer` the reverse. */
export type TelnetSide = "us" | "peer";

/** The options that each side may enable. */
export type TelnetAllowed = Readonly<Record<TelnetSide, readonly TelnetOption[]>>;

export interface AgreementEvents {
  send(verb: TelnetVerb, option: number): void;
  changed(side: TelnetSide, option: TelnetOption, on: boolean): void;
}

const verbsOf = { us: { on: "will", off: "wont" }, peer: { on: "do", off: "dont" } } as const;
const received = {
  will: { side: "peer", on: true },
  wont: { side: "peer", on: false },
  do: { side: "us", on: true },
  dont: { side: "us", on: false },
} as const;

export class TelnetAgreements {
  readonly #allowed: Readonly<Record<TelnetSide, ReadonlySet<number>>>;
  readonly #events: AgreementEvents;
  /** By `keyOf`: a peer may send millions of requests, and a string key for each would dominate the cost. */
  readonly #states = new Map<number, OptionState>();
  /** By `keyOf`, or by the name of a request of another kind. */
  readonly #answered = new Map<number | string, number>();

  constructor(allowed: TelnetAllowed, events: AgreementEvents) {
    this.#allowed = { us: numbersOf(allowed.us), peer: numbersOf(allowed.peer) };
    this.#events = events;
  }

  /** Whether an option of a side is enabled. */
  does(side: TelnetSide, option: TelnetOption): boolean {
    return isOn(side, this.#states.get(keyOf(side, telnetOptions[option])));
  }

  /** Requests a change from the peer, unless it is in effect or in progress. */
  ask(side: TelnetSide, option: TelnetOption, on: boolean): void {
    const number = telnetOptions[option];
    const state = this.#states.get(keyOf(side, number)) ?? "no";
    this.#step(side, number, (on ? requestOn : requestOff)(state));
  }

  /** Handles a verb from the peer. */
  receive(verb: TelnetVerb, option: number): void {
    const { side, on } = received[verb];
    const key = keyOf(side, option);
    const state = this.#states.get(key) ?? "no";
    const allowed = this.#allowed[side].has(option);
    const answered = this.#answered.get(key) ?? 0;
    // Only requests are limited: every other transition follows a change that we started.
    const isRequest = on && state === "no";
    if (isRequest && answered >= limits.telnetAnswersMax.value) return;
    const step = on ? receivedOn(state, allowed) : receivedOff(state);
    if (step.reply !== undefined) this.#answered.set(key, answered + 1);
    this.#step(side, option, step);
  }

  /** Whether to reply once more to a request of another kind, by name; counts the reply. */
  mayReplyTo(request: string): boolean {
    const answered = (this.#answered.get(request) ?? 0) + 1;
    this.#answered.set(request, answered);
    return answered <= limits.telnetAnswersMax.value;
  }

  #step(side: TelnetSide, option: number, { state, reply }: Step): void {
    const key = keyOf(side, option);
    const was = isOn(side, this.#states.get(key));
    // A refused option leaves no state behind, because a peer could name all of them.
    if (state === "no") this.#states.delete(key);
    else this.#states.set(key, state);
    if (reply !== undefined) this.#events.send(verbsOf[side][reply], option);
    if (was === isOn(side, state)) return;
    const name = nameOf(option);
    if (name !== undefined) this.#events.changed(side, name, !was);
  }
}

/** One number for an option on a side. Options are bytes. */
function keyOf(side: TelnetSide, option: number): number {
  return side === "us" ? option : option + 256;
}

function numbersOf(options: readonly TelnetOption[]): ReadonlySet<number> {
  return new Set(options.map((name) => telnetOptions[name]));
}

/**
 * Whether an option is in effect. Each side disables it with its own WONT. The peer continues with it
 * until it has replied to our DONT, as with BINARY data in transit.
 */
function isOn(side: TelnetSide, state: OptionState | undefined): boolean {
  return state === "yes" || (side === "peer" && (state === "wantNo" || state === "wantNoOpposite"));
}

function nameOf(option: number): TelnetOption | undefined {
  const known = Object.entries(telnetOptions).find(([, number]) => number === option);
  return known?.[0] as TelnetOption | undefined;
}
