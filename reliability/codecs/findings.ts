/** The orders for the threads, and their findings. */
import type { CodecRow } from "./rows.ts";

export type Task = {
  readonly seed: number;
} & (
  | { readonly kind: "at random"; readonly seconds: number; readonly casesMax: number }
  /** Streams of each codec and each length; of them, every `of`-th codec from `part` on. */
  | { readonly kind: "every cut"; readonly streams: number; readonly part: number; readonly of: number }
);

/** A case that failed, with what repeats it. */
export interface Fault {
  readonly codec: string;
  readonly stream: string;
  readonly mask: number;
  readonly what: string;
}

export interface FindingsReport {
  readonly cases: Readonly<Record<string, number>>;
  /** The number of failed cases, and the first of them. */
  readonly faultsTotal: number;
  readonly faults: readonly Fault[];
}

const faultsKept = 100;

export class Findings {
  readonly #cases = new Map<string, number>();
  readonly #faults: Fault[] = [];
  #faultsTotal = 0;

  counts(row: CodecRow, cases: number): void {
    this.#cases.set(row.name, (this.#cases.get(row.name) ?? 0) + cases);
  }

  fault(row: CodecRow, stream: Uint8Array, mask: number, what: string): void {
    this.#faultsTotal++;
    if (this.#faults.length >= faultsKept) return;
    this.#faults.push({ codec: row.name, stream: Buffer.from(stream).toString("hex"), mask, what });
  }

  report(): FindingsReport {
    return { cases: Object.fromEntries(this.#cases), faultsTotal: this.#faultsTotal, faults: this.#faults };
  }
}
