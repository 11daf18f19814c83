/**
 * What the two ends of a telnet connection have agreed on, option by option.
 *
 * Owns the state of each option on each side, and says what is to be answered. A peer
 * could request options without end, so requests for one option are answered at most
 * `telnetAnswersMax` times (F71). The answers that RFC 1143 requires because of what we
 * ourselves agreed to or asked for are always sent: there can be no more of them.
 */
import { limits } from "../../base/limits.ts";
import { telnetOptions, type TelnetOption } from "./names.ts";
import { askOff, askOn, heardOff, heardOn, type OptionState, type Step } from "./negotiation.ts";
import type { TelnetVerb } from "./telnet.ts";

/** Whose doing an option is: `us` sends WILL and hears DO, the `peer` the other way round. */
export type TelnetSide = "us" | "peer";

/** Which options each side may do. */
export type TelnetAllowed = Readonly<Record<TelnetSide, readonly TelnetOption[]>>;

export interface AgreementEvents {
  say(verb: TelnetVerb, option: number): void;
  changed(side: TelnetSide, option: TelnetOption, on: boolean): void;
}

const verbsOf = { us: { on: "will", off: "wont" }, peer: { on: "do", off: "dont" } } as const;
const heard = {
  will: { side: "peer", on: true },
  wont: { side: "peer", on: false },
  do: { side: "us", on: true },
  dont: { side: "us", on: false },
} as const;

export class TelnetAgreements {
  readonly #allowed: Readonly<Record<TelnetSide, ReadonlySet<number>>>;
  readonly #events: AgreementEvents;
  /** By `keyOf`: a peer may send millions of requests, and making a text of each would cost more than all else. */
  readonly #states = new Map<number, OptionState>();
  /** By `keyOf`, or by the name of a request of another kind. */
  readonly #answered = new Map<number | string, number>();

  constructor(allowed: TelnetAllowed, events: AgreementEvents) {
    this.#allowed = { us: numbersOf(allowed.us), peer: numbersOf(allowed.peer) };
    this.#events = events;
  }

  /** Whether a side does an option, agreed by both. */
  does(side: TelnetSide, option: TelnetOption): boolean {
    return isOn(side, this.#states.get(keyOf(side, telnetOptions[option])));
  }

  /** Asks the peer for a change, unless it is so already or under way. */
  ask(side: TelnetSide, option: TelnetOption, on: boolean): void {
    const number = telnetOptions[option];
    const state = this.#states.get(keyOf(side, number)) ?? "no";
    this.#step(side, number, (on ? askOn : askOff)(state));
  }

  /** The peer has said this of an option. */
  heard(verb: TelnetVerb, option: number): void {
    const { side, on } = heard[verb];
    const about = keyOf(side, option);
    const state = this.#states.get(about) ?? "no";
    const allowed = this.#allowed[side].has(option);
    const answered = this.#answered.get(about) ?? 0;
    // Only a request is limited: for all else, it was we who changed the state before.
    const isRequest = on && state === "no";
    if (isRequest && answered >= limits.telnetAnswersMax.value) return;
    const step = on ? heardOn(state, allowed) : heardOff(state);
    if (step.say !== undefined) this.#answered.set(about, answered + 1);
    this.#step(side, option, step);
  }

  /** Whether a request of another kind, called `about`, is to be answered once more; counts it as answered. */
  answersAgain(about: string): boolean {
    const answered = (this.#answered.get(about) ?? 0) + 1;
    this.#answered.set(about, answered);
    return answered <= limits.telnetAnswersMax.value;
  }

  #step(side: TelnetSide, option: number, { state, say }: Step): void {
    const about = keyOf(side, option);
    const was = isOn(side, this.#states.get(about));
    // What is refused leaves nothing behind: a peer could name all there are.
    if (state === "no") this.#states.delete(about);
    else this.#states.set(about, state);
    if (say !== undefined) this.#events.say(verbsOf[side][say], option);
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
 * Whether an option is in effect. Each side switches it off with its own WONT: the peer goes
 * on with it until it has answered our DONT, as with BINARY data that is already on its way.
 */
function isOn(side: TelnetSide, state: OptionState | undefined): boolean {
  return state === "yes" || (side === "peer" && (state === "wantNo" || state === "wantNoOpposite"));
}

function nameOf(option: number): TelnetOption | undefined {
  const known = Object.entries(telnetOptions).find(([, number]) => number === option);
  return known?.[0] as TelnetOption | undefined;
}
