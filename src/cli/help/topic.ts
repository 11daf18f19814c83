/**
 * The contract of a topic: what concerns several commands, for `portcall help <topic>` and the manual.
 */
export interface Topic {
  readonly name: string;
  /** What it tells, in one line. */
  readonly brief: string;
  /** In the form of prose.ts. */
  readonly text: string;
}
