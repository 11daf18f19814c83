/** Circles in a graph of files. */

/**
 * One circle for each place where a walk through the graph comes back to where it already is, as the files in order, the
 * first of them repeated at the end. Empty if and only if the graph has no circle.
 */
export function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];

  const exchange = (file: string): void => {
    const seenAt = path.indexOf(file);
    if (seenAt >= 0) cycles.push([...path.slice(seenAt), file]);
    if (seenAt >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) exchange(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) exchange(file);
  return cycles;
}
