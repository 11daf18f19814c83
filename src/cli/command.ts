/**
 * A command: its help, and how to run it.
 */
import type { ExitName } from "./exit.ts";
import type { Form } from "./args/forms.ts";
import type { OptionTable, ParsedLine } from "./args/options.ts";
import type { Terminal } from "./tty/terminal.ts";

export interface Command {
  readonly name: string;
  /** Its purpose in one line. */
  readonly brief: string;
  /** The arguments, a line for each form. */
  readonly usage: readonly string[];
  /** What it does, in the format of help/prose.ts. */
  readonly about: string;
  readonly options: OptionTable;
  /**
   * What a line does, in the words by which the rows of its options refuse: see args/forms.ts.
   *
   * @throws {UsageError} for a line that has no form.
   */
  formOf?(line: ParsedLine<OptionTable>): Form;
  /** It parses its arguments itself: `words` holds all of them, and files and variables set nothing. */
  readonly readsItself?: true;
  /** Example command lines, each with its description. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /**
   * Runs the command to its end.
   *
   * @throws {UsageError} for an invalid command line, before anything is attempted.
   */
  run(line: ParsedLine<OptionTable>, terminal: Terminal): Promise<ExitName>;
}

export interface Commands {
  readonly names: readonly string[];
  /** The command of that name, if there is one. */
  readonly load: (name: string) => Promise<Command | undefined>;
  readonly loadAll: () => Promise<readonly Command[]>;
}
