/**
 * Negotiation of one telnet option on one side, by the Q method (RFC 1143).
 *
 * There are six states. `Opposite` is the RFC's queue bit: a change of mind that waits for the peer's
 * reply to the request before it. The states distinguish a reply from a request, which prevents
 * endless replies between two ends. Pure functions; agreements.ts keeps the states.
 *
 *     request on ──▶ wantYes ──▶ yes ──▶ wantNo ◀── request off
 *     no ◀──────────────┘ (refused)        │
 *      ◀──────────────────────────────────┘ (confirmed)
 */

/** The negotiation state of one option, on one side. */
export type OptionState = "no" | "yes" | "wantNo" | "wantNoOpposite" | "wantYes" | "wantYesOpposite";

/** The next state, and the reply: on (WILL, DO), off (WONT, DONT) or none. */
export interface Step {
  readonly state: OptionState;
  readonly reply?: "on" | "off";
}

type Steps = Readonly<Record<OptionState, Step>>;

const onReceived: Steps = {
  no: { state: "yes", reply: "on" },
  yes: { state: "yes" },
  // The peer replied "on" to our "off", which the RFC calls an error.
  wantNo: { state: "no" },
  wantNoOpposite: { state: "yes" },
  wantYes: { state: "yes" },
  wantYesOpposite: { state: "wantNo", reply: "off" },
};

const offReceived: Steps = {
  no: { state: "no" },
  yes: { state: "no", reply: "off" },
  wantNo: { state: "no" },
  wantNoOpposite: { state: "wantYes", reply: "on" },
  wantYes: { state: "no" },
  wantYesOpposite: { state: "no" },
};

const onRequested: Steps = {
  no: { state: "wantYes", reply: "on" },
  yes: { state: "yes" },
  wantNo: { state: "wantNoOpposite" },
  wantNoOpposite: { state: "wantNoOpposite" },
  wantYes: { state: "wantYes" },
  wantYesOpposite: { state: "wantYes" },
};

const offRequested: Steps = {
  no: { state: "no" },
  yes: { state: "wantNo", reply: "off" },
  wantNo: { state: "wantNo" },
  wantNoOpposite: { state: "wantNo" },
  wantYes: { state: "wantYesOpposite" },
  wantYesOpposite: { state: "wantYesOpposite" },
};

/** The peer requests or offers it (WILL, DO); `agrees` is whether we allow it. */
export function receivedOn(state: OptionState, agrees: boolean): Step {
  return state === "no" && !agrees ? { state: "no", reply: "off" } : onReceived[state];
}

/** The peer refuses or ends it (WONT, DONT), which is always its right. */
export function receivedOff(state: OptionState): Step {
  return offReceived[state];
}

/** Requests it. Does nothing if it is on, or about to be. */
export function requestOn(state: OptionState): Step {
  return onRequested[state];
}

/** Requests its end. Does nothing if it is off, or about to be. */
export function requestOff(state: OptionState): Step {
  return offRequested[state];
}
