/**
 * The options of `connect` and `listen` for the end of stdin and the end of a connection.
 */
import type { EndRules } from "./stdio-relay.ts";
import { halfCloseMs } from "./quiet-stdin.ts";
import { excludeEachOther, forConnections, nothingSent } from "../args/forms.ts";
import type { SwitchRow, ValuedRow } from "../args/options.ts";
import { duration, type ValueReader } from "../args/values.ts";

/** How long to wait for the peer's FIN when -q or -z ends a connection. */
export const quitLingerMs = 100;

const timeOrNone: ValueReader<number> = (text, name) => (text === "0" ? 0 : duration(text, name));

export const endOptions: {
  readonly shutdown: SwitchRow;
  readonly "no-shutdown": SwitchRow;
  readonly quit: ValuedRow<number>;
  readonly "recv-only": SwitchRow;
  readonly "send-only": SwitchRow;
  readonly "half-close-timeout": ValuedRow<number>;
} = {
  shutdown: {
    short: "N",
    unfit: { probe: nothingSent, udp: forConnections },
    excludes: { "no-shutdown": excludeEachOther, "recv-only": excludeEachOther },
    brief: "send FIN at the end of stdin, even if it is /dev/null (default: for pipes, files and terminals)",
  },
  "no-shutdown": {
    unfit: { probe: nothingSent, udp: forConnections },
    brief: "send no FIN at the end of stdin: receive until the peer ends",
  },
  quit: {
    short: "q",
    unfit: {
      probe: nothingSent,
      "udp listen": forConnections,
      many: "-q is for one client: leave out -k and --connections",
    },
    excludes: { "no-shutdown": excludeEachOther, "recv-only": excludeEachOther },
    brief: "end this long after the end of stdin, which sends FIN; 0 ends at once",
    value: { placeholder: "<time>", read: timeOrNone },
  },
  "recv-only": {
    unfit: { probe: nothingSent, udp: forConnections },
    brief: "receive only: read no stdin and send nothing, until the peer ends",
  },
  "send-only": {
    unfit: { probe: nothingSent, udp: forConnections },
    excludes: { "no-shutdown": excludeEachOther, "recv-only": excludeEachOther },
    brief: "send only: discard received bytes, and end with stdin",
  },
  "half-close-timeout": {
    unfit: { probe: nothingSent, udp: forConnections },
    brief: "after the peer's FIN, end when stdin gives nothing for this long (default 2s)",
    value: { placeholder: "<time>", read: duration },
  },
};

export interface GivenEnds {
  readonly shutdown?: true;
  readonly "no-shutdown"?: true;
  readonly quit?: number;
  readonly "recv-only"?: true;
  readonly "send-only"?: true;
  readonly "half-close-timeout"?: number;
}

/** The rules that they state; the command line has refused those that contradict each other. */
export function readEnds(given: GivenEnds): EndRules {
  const asksForFin = given.shutdown === true || given.quit !== undefined;
  return {
    sends: given["recv-only"] !== true,
    receives: given["send-only"] !== true,
    atInputEnd:
      given["no-shutdown"] === true
        ? "wait"
        : given["send-only"] === true
          ? "close"
          : asksForFin
            ? "fin"
            : "fin-unless-null",
    quitMs: given.quit ?? Infinity,
    halfCloseMs: given["half-close-timeout"] ?? halfCloseMs,
  };
}
