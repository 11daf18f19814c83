/**
 * Which C file calls which: the functions that one file defines and another one uses.
 *
 * A function counts as used where its name stands as a call or as a pointer, and not as a field. Calls through a
 * table of function pointers, as `loop->backend->turn(loop)`, do not count: they are how a lower file reaches a higher one.
 */

/** For each file, the files whose functions it uses. A prototype is not a use. */
export function callsBetween(files: ReadonlyMap<string, string>): Map<string, string[]> {
  const sources = new Map([...files].map(([path, source]) => [path, withoutCommentsAndText(source)]));
  const definedIn = new Map<string, string>();
  const ownNames = new Map<string, Set<string>>();
  for (const [path, source] of sources) {
    const functions = definitions(source);
    ownNames.set(path, new Set(functions.map(({ name }) => name)));
    for (const { name, isStatic } of functions) if (!isStatic) definedIn.set(name, path);
  }
  const graph = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const used = new Set<string>();
    const code = source.replaceAll(/^[A-Za-z_][\w\s*]*[\s*][A-Za-z_]\w*\([^;{}]*\);/gm, " ");
    for (const [, name = ""] of code.matchAll(/(?<!->|\.|\w)([A-Za-z_]\w*)(?=\s*[(),;}])/g)) {
      const home = definedIn.get(name);
      if (home !== undefined && home !== path && ownNames.get(path)?.has(name) !== true) used.add(home);
    }
    graph.set(path, [...used].toSorted());
  }
  return graph;
}

/** A definition begins in the first column, has no semicolon before its brace, and names the function before `(`. */
function definitions(source: string): { readonly name: string; readonly isStatic: boolean }[] {
  return [...source.matchAll(/^(?<head>[A-Za-z_][\w\s*]*?[\s*])(?<name>[A-Za-z_]\w*)\([^;{}]*\)\s*\{/gm)].map(
    ({ groups }) => ({ name: groups?.["name"] ?? "", isStatic: /\bstatic\b/.test(groups?.["head"] ?? "") }),
  );
}

function withoutCommentsAndText(source: string): string {
  return source.replaceAll(/\/\*[^]*?\*\/|\/\/.*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, " ");
}
