/**
 * A topic: something that concerns several commands, for `portcall help <topic>` and the manual.
 */
export interface Topic {
  readonly name: string;
  readonly brief: string;
  /** In the form of prose.ts. */
  readonly text: string;
}
