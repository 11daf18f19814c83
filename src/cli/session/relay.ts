/**
 * The frame of every relay between stdin, stdout and peers, over TCP and UDP alike: both directions run until one of
 * them has the outcome, a signal asks to finish, or stdout cannot be written to. What each direction does, and what
 * ends it, is the policy of the relay.
 */
import type { ExitName } from "../exit.ts";
import type { Interruption } from "../signals.ts";
import type { Terminal } from "../tty/terminal.ts";

/** For a direction that ends nothing: the other one decides. */
export const never: Promise<never> = new Promise<never>(() => undefined);

/** Resolves to the first outcome, once `close` has closed what it was about. */
export async function relay<Outcome>(
  terminal: Terminal,
  signals: Interruption,
  directions: readonly Promise<Outcome | ExitName>[],
  close: (outcome: Outcome | ExitName) => unknown,
): Promise<Outcome | ExitName> {
  const outcome = await Promise.race([
    signals.requested.then((): ExitName => "interrupted"),
    terminal.stdoutBroken.then((): ExitName => "brokenPipe"),
    ...directions,
  ]);
  signals.ignore();
  await close(outcome);
  terminal.release();
  return terminal.stdoutIsBroken ? terminal.brokenStdout() : outcome;
}
