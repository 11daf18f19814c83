/**
 * Clients that talk at a steady pace, and how long each answer took.
 *
 * The pace does not wait for answers, and a latency begins when the line was due: a
 * server that pauses for a while gets the same load, and its pause counts.
 */
/** A client that can be asked: it resolves to what came back, `undefined` if nothing did. */
interface Talker {
  says(line: string): Promise<string | undefined>;
}

export interface Talked {
  readonly [name: string]: unknown;
  /** In milliseconds, of the lines that came back. */
  readonly latenciesMs: readonly number[];
  /** Lines that came back otherwise, or not at all. */
  readonly wrong: number;
}

/** Each talker says a line every `everyMs`, `times` times in all; they take turns. */
export async function talk(
  talkers: readonly Talker[],
  { everyMs, times }: { readonly everyMs: number; readonly times: number },
): Promise<Talked> {
  const latenciesMs: number[] = [];
  let wrong = 0;
  const total = talkers.length * times;
  const dueAfterMs = everyMs / talkers.length;
  const startedAtMs = performance.now();
  const asked: Promise<void>[] = [];

  async function ask(turn: number): Promise<void> {
    const line = `line ${turn} ${"-".repeat(48)}`;
    const answered = await (talkers[turn % talkers.length] as Talker).says(line);
    if (answered !== line) wrong++;
    else latenciesMs.push(performance.now() - (startedAtMs + turn * dueAfterMs));
  }

  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, Math.floor((performance.now() - startedAtMs) / dueAfterMs) + 1);
      while (asked.length < due) asked.push(ask(asked.length));
      if (asked.length < total) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  await Promise.all(asked);
  return { latenciesMs: latenciesMs.map((ms) => Math.round(ms * 1_000) / 1_000), wrong };
}
