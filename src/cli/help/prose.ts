/**
 * The text of help and of the manual: strings as their authors write them, cut into blocks.
 *
 *     Lines without indentation are a paragraph,              paragraph
 *     filled to the reader's width.
 *
 *       term    indented by two spaces, with two or more       rows
 *       other   between the term and its meaning
 *
 *       anything else that is indented by two spaces          lines, shown unchanged
 *
 * Text between backquotes is typed, or printed, exactly as it stands.
 */

export type Row = readonly [term: string, meaning: string];

export type Block =
  | { readonly type: "paragraph"; readonly text: string }
  | { readonly type: "rows"; readonly rows: readonly Row[] }
  | { readonly type: "lines"; readonly lines: readonly string[] };

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let isNew = true;
  for (const line of text.split("\n")) {
    const last = isNew ? undefined : blocks.pop();
    isNew = line.trim() === "";
    if (last !== undefined) blocks.push(...(isNew ? [last] : joined(last, line)));
    else if (!isNew) blocks.push(blockOf(line));
  }
  return blocks;
}

/** Rows as `blocksOf` reads them, for a text that is made from a table. */
export function rowsAsText(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, meaning]) => `  ${term.padEnd(width)}  ${meaning}`).join("\n");
}

/** One block if the line continues the last one; otherwise both. */
function joined(last: Block, line: string): Block[] {
  const block = blockOf(line);
  if (last.type === "paragraph" && block.type === "paragraph")
    return [{ ...last, text: `${last.text} ${block.text}` }];
  if (last.type === "rows" && block.type === "rows")
    return [{ ...last, rows: [...last.rows, ...block.rows] }];
  if (last.type === "lines" && block.type !== "paragraph")
    return [{ ...last, lines: [...last.lines, line.slice(2)] }];
  return [last, block];
}

function blockOf(line: string): Block {
  if (!line.startsWith("  ")) return { type: "paragraph", text: line.trim() };
  const [, term, meaning] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
  if (term === undefined || meaning === undefined) return { type: "lines", lines: [line.slice(2)] };
  return { type: "rows", rows: [[term, meaning]] };
}
