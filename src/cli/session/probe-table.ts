/**
 * The table of `connect -z`: what came of each target, in the order of the command line.
 *
 * A line is printed as soon as it and all before it are known. Lines that become known together are printed
 * together, since a scan of all ports has 65,535 of them.
 */
import type { NetError } from "../../base/errors.ts";
import type { ProbedTarget } from "../json/report-shape.ts";
import { formatMs } from "../../base/text/figures.ts";
import type { Terminal } from "../tty/terminal.ts";
import { terminalSafe } from "../tty/terminal-text.ts";

/** Text that may wait for a slow reader of stdout before the scan waits, too. */
const waitingCharactersMax = 65_536;

export class ProbeTable {
  /** How many targets are known. */
  known = 0;
  /** How many of these are not open. */
  failed = 0;
  readonly #terminal: Terminal;
  readonly #width: number;
  readonly #count: number;
  /** By their places; without a report only those that wait to be printed. */
  readonly #outcomes = new Map<number, ProbedTarget>();
  #printed = 0;
  #lines = "";
  #printing: Promise<void> | undefined;
  #first: { readonly place: number; readonly error: NetError } | undefined;

  constructor(names: readonly string[], terminal: Terminal) {
    this.#terminal = terminal;
    this.#count = names.length;
    this.#width = names.reduce((width, name) => Math.max(width, terminalSafe(name).length), 0);
  }

  /** How the first that is not open failed, in the order of the command line. */
  get firstError(): NetError | undefined {
    return this.#first?.error;
  }

  /** Resolves when the next target may be tried. */
  async add(place: number, outcome: ProbedTarget): Promise<void> {
    this.known++;
    this.#outcomes.set(place, outcome);
    const { error } = outcome;
    if (error !== undefined) {
      this.failed++;
      if (this.#first === undefined || place < this.#first.place) this.#first = { place, error };
    }
    // In JSON, the outcomes stand in the report.
    if (this.#terminal.report !== undefined) return;
    while (this.#take(this.#printed)) this.#printed++;
    if (this.#lines === "") return;
    this.#printing ??= this.#print();
    if (this.#lines.length > waitingCharactersMax) await this.#printing;
  }

  /** Prints what is known behind a gap, too, and puts everything into the report. */
  async finish(): Promise<void> {
    const { report } = this.#terminal;
    if (report !== undefined) {
      const places = [...this.#outcomes.keys()].toSorted((one, other) => one - other);
      report.probed(places.map((place) => this.#outcomes.get(place) as ProbedTarget));
      return;
    }
    for (; this.#printed < this.#count && this.#outcomes.size > 0; this.#printed++) this.#take(this.#printed);
    await this.#printing;
    await this.#print();
  }

  /** Adds a line to those that are to be printed, if its target is known. */
  #take(place: number): boolean {
    const outcome = this.#outcomes.get(place);
    if (outcome === undefined) return false;
    this.#outcomes.delete(place);
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
