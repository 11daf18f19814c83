/**
 * A finding of `doctor`.
 */

export interface Finding {
  readonly subject: string;
  readonly says: string;
  /**
   * - `ok`: works as it should.
   * - `note`: worth knowing. Everything works, or all but what the text names.
   * - `wrong`: something that this program needs is missing or broken.
   */
  readonly state: "ok" | "note" | "wrong";
}

export function ok(subject: string, says: string): Finding {
  return { subject, says, state: "ok" };
}

export function note(subject: string, says: string): Finding {
  return { subject, says, state: "note" };
}

export function wrong(subject: string, says: string): Finding {
  return { subject, says, state: "wrong" };
}
