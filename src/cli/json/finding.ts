/**
 * What the doctor finds.
 */

export interface Finding {
  readonly subject: string;
  /** What is so; one line. */
  readonly says: string;
  /**
   * - `ok`: as it should be.
   * - `note`: good to know; everything works, or all but what the text names.
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
