/**
 * The options of `connect` and `listen` for interactive use.
 */
import { forConnections, nothingSent } from "./forms.ts";
import type { SwitchRow } from "./options.ts";

export const interactiveOptions: Readonly<Record<"crlf" | "hex" | "raw" | "no-history", SwitchRow>> = {
  crlf: {
    short: "C",
    unfit: { probe: nothingSent, udp: forConnections },
    brief: "send each LF as CR LF",
  },
  hex: {
    unfit: { probe: nothingSent, "udp many": forConnections },
    brief: "show received (<) and sent (>) bytes as offset, hex and ASCII",
  },
  raw: {
    unfit: { probe: nothingSent },
    lineOnly: true,
    brief: "pass bytes unchanged in both directions: keys as you type them, control bytes to the terminal",
  },
  "no-history": {
    unfit: { probe: nothingSent, udp: forConnections },
    brief: "do not save typed lines to the history",
  },
};

export interface InteractiveChoices {
  /** Sends each LF as CR LF. */
  readonly crlf: boolean;
  /** Shows bytes as offset, hex and ASCII. */
  readonly hex: boolean;
  /** Passes a peer's control bytes to the terminal; with one peer, sends keys as they are typed. */
  readonly raw: boolean;
  readonly history: boolean;
}

export function interactiveChoices(given: {
  readonly [Name in keyof typeof interactiveOptions]?: true;
}): InteractiveChoices {
  return {
    crlf: given.crlf === true,
    hex: given.hex === true,
    raw: given.raw === true,
    history: given["no-history"] !== true,
  };
}
