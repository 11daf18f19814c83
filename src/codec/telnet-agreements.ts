/**
 * What the two ends of a telnet connection have agreed on, option by option.
 *
 * Owns the state of each option on each side, and says what is to be answered. An
 * end that only reacts can be made to answer without end: so what is refused is
 * refused once (RFC 854 has nobody ask again for what was refused), and nothing is
 * answered more than `telnetAnswersMax` times (F71).
 */
import { limits } from "../base/limits.ts";
import { telnetOptions, type TelnetOption } from "./telnet-names.ts";
import { askOff, askOn, heardOff, heardOn, type OptionState, type Step } from "./telnet-negotiation.ts";
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
  readonly #allowed: TelnetAllowed;
  readonly #events: AgreementEvents;
  readonly #states = new Map<string, OptionState>();
  readonly #answered = new Map<string, number>();

  constructor(allowed: TelnetAllowed, events: AgreementEvents) {
    this.#allowed = allowed;
    this.#events = events;
  }

  /** Whether a side does an option, agreed by both. */
  does(side: TelnetSide, option: TelnetOption): boolean {
    return this.#states.get(`${side} ${telnetOptions[option]}`) === "yes";
  }

  /** Asks the peer for a change, unless it is so already or under way. */
  ask(side: TelnetSide, option: TelnetOption, on: boolean): void {
    const number = telnetOptions[option];
    const state = this.#states.get(`${side} ${number}`) ?? "no";
    this.#step(side, number, (on ? askOn : askOff)(state), true);
  }

  /** The peer has said this of an option. */
  heard(verb: TelnetVerb, option: number): void {
    const { side, on } = heard[verb];
    const about = `${side} ${option}`;
    const state = this.#states.get(about) ?? "no";
    const allowed = this.#allowed[side].some((name) => telnetOptions[name] === option);
    const answered = this.#answered.get(about) ?? 0;
    const answers = answered < (allowed ? limits.telnetAnswersMax.value : 1);
    const step = on ? heardOn(state, allowed && answers) : heardOff(state);
    if (step.say !== undefined) this.#answered.set(about, answered + 1);
    this.#step(side, option, step, answers);
  }

  /** Whether a request of another kind, called `about`, is to be answered once more; counts it as answered. */
  answersAgain(about: string): boolean {
    const answered = (this.#answered.get(about) ?? 0) + 1;
    this.#answered.set(about, answered);
    return answered <= limits.telnetAnswersMax.value;
  }

  #step(side: TelnetSide, option: number, { state, say }: Step, speaks: boolean): void {
    const about = `${side} ${option}`;
    const was = this.#states.get(about) === "yes";
    // What is refused leaves nothing behind: a peer could name all there are.
    if (state === "no") this.#states.delete(about);
    else this.#states.set(about, state);
    if (say !== undefined && speaks) this.#events.say(verbsOf[side][say], option);
    const name = nameOf(option);
    if (name !== undefined && was !== (state === "yes")) this.#events.changed(side, name, !was);
  }
}

function nameOf(option: number): TelnetOption | undefined {
  const known = Object.entries(telnetOptions).find(([, number]) => number === option);
  return known?.[0] as TelnetOption | undefined;
}
