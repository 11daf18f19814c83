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

/** What the peer wanted (WILL, DO), when we `agree`s to it or not. */
export function heardOn(state: OptionState, agrees: boolean): Step {
  switch (state) {
    case "no":
      return agrees ? { state: "yes", say: "on" } : { state: "no", say: "off" };
    case "yes":
      return { state };
    // Our "off" was answered by "on", which the RFC calls an error of the peer's.
    case "wantNo":
      return { state: "no" };
    case "wantNoOpposite":
    case "wantYes":
      return { state: "yes" };
    case "wantYesOpposite":
      return { state: "wantNo", say: "off" };
  }
}

/** The peer refused or ended it (WONT, DONT), which it always may. */
export function heardOff(state: OptionState): Step {
  switch (state) {
    case "yes":
      return { state: "no", say: "off" };
    case "wantNoOpposite":
      return { state: "wantYes", say: "on" };
    case "no":
    case "wantNo":
    case "wantYes":
    case "wantYesOpposite":
      return { state: "no" };
  }
}

/** We want it on. What is on, or will be, is left as it is. */
export function askOn(state: OptionState): Step {
  switch (state) {
    case "no":
      return { state: "wantYes", say: "on" };
    case "wantNo":
      return { state: "wantNoOpposite" };
    case "wantYesOpposite":
      return { state: "wantYes" };
    case "yes":
    case "wantYes":
    case "wantNoOpposite":
      return { state };
  }
}

/** We want it off. What is off, or will be, is left as it is. */
export function askOff(state: OptionState): Step {
  switch (state) {
    case "yes":
      return { state: "wantNo", say: "off" };
    case "wantYes":
      return { state: "wantYesOpposite" };
    case "wantNoOpposite":
      return { state: "wantNo" };
    case "no":
    case "wantNo":
    case "wantYesOpposite":
      return { state };
  }
}
