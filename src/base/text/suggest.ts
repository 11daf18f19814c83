/** "Did you mean …?": the candidate closest to a mistyped word. */

/**
 * The candidate closest to `word`, or `undefined` if none is close enough. Tolerates one typo (a
 * wrong, missing, extra or swapped letter) per three letters. A prefix of exactly one candidate also
 * counts as close.
 *
 * Case is ignored. Of equally close candidates, the first wins.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestSlips = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const slips = slipsBetween(word.toLowerCase(), candidate.toLowerCase());
    if (slips < bestSlips) {
      best = candidate;
      bestSlips = slips;
    }
  }
  return best ?? onlyOneBeginning(word.toLowerCase(), candidates);
}

/** The end of "there is no …": the closest candidate, or else all of them. */
export function choices(word: string, names: readonly string[]): string {
  const meant = suggest(word, names);
  return meant === undefined ? `: there are ${names.join(", ")}` : `; did you mean ${meant}?`;
}

function onlyOneBeginning(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < 2) return undefined;
  const begun = candidates.filter((candidate) => candidate.toLowerCase().startsWith(word));
  return begun.length === 1 ? begun[0] : undefined;
}

/** How many slips make the one out of the other; infinitely many if there are too many for the length of the words. */
function slipsBetween(word: string, candidate: string): number {
  if (word === candidate) return 0;
  const tolerated = Math.floor(Math.min(word.length, candidate.length) / 3);
  if (Math.abs(word.length - candidate.length) > tolerated) return Number.POSITIVE_INFINITY;
  const slips = damerauLevenshtein(word, candidate);
  return slips <= tolerated ? slips : Number.POSITIVE_INFINITY;
}

/** Insertions, deletions, replacements and swaps of neighbours (each pair swapped once at most). */
function damerauLevenshtein(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let slips = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) slips = Math.min(slips, at(beforeLast, column - 2) + 1);
      current.push(slips);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
