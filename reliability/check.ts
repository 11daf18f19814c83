/**
 * A check: a promise of the project, measured. A new one is a file in
 * checks/ and a row in checks.ts.
 */
import type { Table } from "../bench/table.ts";
import type { Prng } from "./prng.ts";
import type { Command } from "./command.ts";
import type { JsonProgram } from "../test/support/json-program.ts";
import type { ProgramOptions } from "./program.ts";

export interface Check {
  /** Short and stable: `--only` and the page refer to it. */
  readonly name: string;
  /** What it is about, in a few words. */
  readonly title: string;
  /** How it is measured, in a few sentences, for the page. */
  readonly how: string;
  /** What is missing here to measure it; `undefined` if nothing. */
  missing?(): string | undefined;
  /**
   * Measures it. What it starts by `run` is ended for it.
   *
   * @throws {Error} (rejects) if it could not be measured.
   */
  measure(run: Run): Promise<readonly Figure[]>;
}

export interface Figure {
  readonly what: string;
  readonly value: number;
  /** Printed after both numbers. */
  readonly unit?: string;
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
}

export interface Run {
  /** The quick form: smaller sizes, a few seconds. */
  readonly quick: boolean;
  /** The long form, for checks that have one. */
  readonly soak: boolean;
  /** A generator for this check alone. */
  readonly prng: Prng;
  /** The first of the two, or in the quick form the second. */
  size<Value>(full: Value, quick: Value): Value;
  /** Writes a line into the raw log of the check. */
  log(entry: Readonly<Record<string, unknown>>): void;
  /** Shows a table below the figures, with the details behind them. */
  table(table: Table): void;
  /** Starts programs/`name`.ts; it ends with the check at the latest. */
  start(name: string, settings: object, options?: ProgramOptions): JsonProgram;
  /** Starts `portcall` with these arguments; it ends with the check at the latest. */
  portcall(words: readonly string[]): Command;
}
