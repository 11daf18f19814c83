/**
 * The table of `connect -z`: the result for each target, in the order of the command line.
 *
 * A line is printed as soon as its result and all earlier ones are known. Lines that become known together are
 * printed together, because a scan of all ports has 65,535 of them.
 */
import type { NetError } from "../../base/errors.ts";
import type { ProbedTarget } from "../json/report-shape.ts";
import { formatMs } from "../../base/text/figures.ts";
import type { Terminal } from "../tty/terminal.ts";
import { terminalSafe } from "../tty/terminal-text.ts";

/** If this much text waits for a slow reader of stdout, the scan waits too. */
const waitingCharactersMax = 65_536;

export class ProbeTable {
  known = 0;
  failed = 0;
  readonly #terminal: Terminal;
  readonly #width: number;
  readonly #count: number;
  /** Results by index. Without a report, only those that wait to be printed. */
  readonly #outcomes = new Map<number, ProbedTarget>();
  #printed = 0;
  #lines = "";
  #printing: Promise<void> | undefined;
  #first: { readonly index: number; readonly error: NetError } | undefined;

  constructor(names: readonly string[], terminal: Terminal) {
    this.#terminal = terminal;
    this.#count = names.length;
    this.#width = names.reduce((width, name) => Math.max(width, terminalSafe(name).length), 0);
  }

  /** The exit for the first target that is not open, in the order of the command line. */
  get firstError(): NetError | undefined {
    return this.#first?.error;
  }

  /** Resolves when the next target may be tried. */
  async add(index: number, outcome: ProbedTarget): Promise<void> {
    this.known++;
    this.#outcomes.set(index, outcome);
    const { error } = outcome;
    if (error !== undefined) {
      this.failed++;
      if (this.#first === undefined || index < this.#first.index) this.#first = { index, error };
    }
    // In JSON, the report holds the results.
    if (this.#terminal.report !== undefined) return;
    while (this.#take(this.#printed)) this.#printed++;
    if (this.#lines === "") return;
    this.#printing ??= this.#print();
    if (this.#lines.length > waitingCharactersMax) await this.#printing;
  }

  /** Also prints known results after a gap, and adds all of them to the report. */
  async finish(): Promise<void> {
    const { report } = this.#terminal;
    if (report !== undefined) {
      const indexes = [...this.#outcomes.keys()].toSorted((one, other) => one - other);
      report.probed(indexes.map((index) => this.#outcomes.get(index) as ProbedTarget));
      return;
    }
    for (; this.#printed < this.#count && this.#outcomes.size > 0; this.#printed++) this.#take(this.#printed);
    await this.#printing;
    await this.#print();
  }

  /** Adds a line to be printed, if the result for its target is known. */
  #take(index: number): boolean {
    const outcome = this.#outcomes.get(index);
    if (outcome === undefined) return false;
    this.#outcomes.delete(index);
    const { target, outcome: word, durationMs } = outcome;
    this.#lines += `${terminalSafe(target).padEnd(this.#width)}  ${word.padEnd(11)}  ${formatMs(durationMs)}\n`;
    return true;
  }

  async #print(): Promise<void> {
    while (this.#lines !== "") {
      const lines = this.#lines;
      this.#lines = "";
      await this.#terminal.write(lines);
    }
    this.#printing = undefined;
  }
}
