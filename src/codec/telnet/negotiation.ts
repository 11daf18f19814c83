/**
 * Negotiating one telnet option on one side, by the Q method (RFC 1143).
 *
 * The six states, where `Opposite` is the RFC's queue bit: a change of mind that
 * waits until the peer has answered what was asked before. In them an answer is
 * told from a request, which is what keeps two ends from answering each other for
 * ever. Values in, values out: who keeps the states is telnet-session.ts.
 *
 *        ask on ──▶ wantYes ──▶ yes ──▶ wantNo ◀── ask off
 *     no ◀──────────────┘ (refused)        │
 *      ◀──────────────────────────────────┘ (confirmed)
 */

/** How far one option is, on one side. */
export type OptionState = "no" | "yes" | "wantNo" | "wantNoOpposite" | "wantYes" | "wantYesOpposite";

/** What becomes of a state, and what is said about it: on (WILL, DO), off (WONT, DONT) or nothing. */
export interface Step {
  readonly state: OptionState;
  readonly say?: "on" | "off";
}

type Steps = Readonly<Record<OptionState, Step>>;

const onIsHeard: Steps = {
  no: { state: "yes", say: "on" },
  yes: { state: "yes" },
  // Our "off" was answered by "on", which the RFC calls an error of the peer's.
  wantNo: { state: "no" },
  wantNoOpposite: { state: "yes" },
  wantYes: { state: "yes" },
  wantYesOpposite: { state: "wantNo", say: "off" },
};

const offIsHeard: Steps = {
  no: { state: "no" },
  yes: { state: "no", say: "off" },
  wantNo: { state: "no" },
  wantNoOpposite: { state: "wantYes", say: "on" },
  wantYes: { state: "no" },
  wantYesOpposite: { state: "no" },
};

const onIsAsked: Steps = {
  no: { state: "wantYes", say: "on" },
  yes: { state: "yes" },
  wantNo: { state: "wantNoOpposite" },
  wantNoOpposite: { state: "wantNoOpposite" },
  wantYes: { state: "wantYes" },
  wantYesOpposite: { state: "wantYes" },
};

const offIsAsked: Steps = {
  no: { state: "no" },
  yes: { state: "wantNo", say: "off" },
  wantNo: { state: "wantNo" },
  wantNoOpposite: { state: "wantNo" },
  wantYes: { state: "wantYesOpposite" },
  wantYesOpposite: { state: "wantYesOpposite" },
};

/** The peer wants it on (WILL, DO), and we agree to that or do not. */
export function heardOn(state: OptionState, agrees: boolean): Step {
  return state === "no" && !agrees ? { state: "no", say: "off" } : onIsHeard[state];
}

/** The peer refuses it or ends it (WONT, DONT), which it always may. */
export function heardOff(state: OptionState): Step {
  return offIsHeard[state];
}

/** We want it on. What is on, or will be, is left as it is. */
export function askOn(state: OptionState): Step {
  return onIsAsked[state];
}

/** We want it off. What is off, or will be, is left as it is. */
export function askOff(state: OptionState): Step {
  return offIsAsked[state];
}
