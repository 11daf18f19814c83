/**
 * The subset of Markdown that the reference pages need.
 */

/** A table; a cell is one line, and its `|` are escaped, in code too, as GitHub wants it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll(/\s+/g, " ").replaceAll("|", "\\|")).join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

export function code(text: string): string {
  return `\`${text}\``;
}
