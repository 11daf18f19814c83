/**
 * Who tells the user what happens: nobody, `-v` or `--explain`.
 */
import type { Address } from "../base/address.ts";
import type { NetError } from "../base/errors.ts";
import type { Observers } from "../base/events.ts";
import { explainFailure } from "./narrate/cure.ts";
import { Explainer } from "./narrate/explain.ts";
import { verboseLine } from "./narrate/verbose.ts";
import { findPortHolder } from "./port-holder.ts";

export interface Narrator {
  /** What to watch, for `connect` and `serve`. */
  readonly observers: Observers;
  /** Tells of a failure; the last thing said. */
  failed(error: NetError, address: Address | undefined): Promise<void>;
}

/** The switches that choose a narrator, in every command's table of options. */
export const narratorOptions = {
  verbose: { short: "v", brief: "say each stage on stderr as it happens" },
  explain: { brief: "explain each stage in a teacher's words, and each failure with cause and cure" },
} as const;

export function createNarrator(
  options: { readonly verbose?: true; readonly explain?: true },
  say: (line: string) => void,
): Narrator {
  if (options.explain === true) return explaining(say);
  return {
    observers: options.verbose === true ? { onEvent: (event) => sayIfAny(verboseLine(event), say) } : {},
    async failed(error, address) {
      const holder =
        error.code === "EADDRINUSE" && address !== undefined ? await findPortHolder(address) : undefined;
      const by = holder === undefined ? "" : `, by ${holder.command} (process ${holder.pid})`;
      say(`portcall: ${error.message}${by}`);
    },
  };
}

function explaining(say: (line: string) => void): Narrator {
  const explainer = new Explainer(say);
  return {
    observers: {
      onEvent: (event) => {
        explainer.event(event);
      },
      onBytes: (event) => {
        if (event.type === "bytesSent") explainer.sent(event.bytes.length);
        else explainer.received(event.bytes.length);
      },
    },
    async failed(error, address) {
      for (const line of await explainFailure(error, address)) say(line);
    },
  };
}

function sayIfAny(line: string | undefined, say: (line: string) => void): void {
  if (line !== undefined) say(line);
}
