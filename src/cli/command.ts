/**
 * The contract of a command: what help says of it, and how it is run.
 */
import type { ExitName } from "./exit.ts";
import type { Form } from "./args/forms.ts";
import type { OptionTable, ParsedLine } from "./args/options.ts";
import type { Terminal } from "./tty/terminal.ts";

/** One verb of `portcall`. */
export interface Command {
  readonly name: string;
  /** What it is for, in one line. */
  readonly brief: string;
  /** What stands behind the verb, a line for each form. */
  readonly usage: readonly string[];
  /** What it does, in the form of manual/prose.ts. */
  readonly about: string;
  readonly options: OptionTable;
  /**
   * What a line does, in the words by which the rows of its options refuse: see args/forms.ts.
   *
   * @throws {UsageError} for a line that has no form.
   */
  formOf?(line: ParsedLine<OptionTable>): Form;
  /** It reads its line itself: `words` holds all of it, and no file or variable sets anything. */
  readonly readsItself?: true;
  /** Command lines to try, with what each does. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /**
   * Runs it to its end, with what its options say.
   *
   * @throws {UsageError} for a command line that cannot be, before anything is tried.
   */
  run(line: ParsedLine<OptionTable>, terminal: Terminal): Promise<ExitName>;
}

/** All commands, for those of them that tell of the others. */
export interface Commands {
  readonly names: readonly string[];
  /** The command of that name, if there is one. */
  readonly load: (name: string) => Promise<Command | undefined>;
  readonly loadAll: () => Promise<readonly Command[]>;
}
