/**
 * The code blocks of a Markdown page.
 */

export interface Block {
  /** The first word behind the fence. */
  readonly language: string;
  /** The words behind that, which renderers do not show. */
  readonly marks: readonly string[];
  /** The lines between the fences, each with its newline. */
  readonly text: string;
  /** The line where the text begins in the page, counted from 1. */
  readonly line: number;
}

/** The blocks of a page, in their order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\S+)(.*)\n([^]*?)^```$/gm)].map((match) => {
    const [, language = "", marks = "", text = ""] = match;
    const line = page.slice(0, match.index).split("\n").length + 1;
    return { language, marks: marks.split(" ").filter(Boolean), text, line };
  });
}

/** The name of the file that a block holds: its first line is a comment with the name, as in `// client.ts`. */
export function fileNameOf({ text }: Block): string | undefined {
  return /^(?:\/\/|#) ([\w.-]+\.(?:ts|mjs|json|py))\n/.exec(text)?.[1];
}

/** Blocks that run beside each other, in groups; each group begins with a block marked `run`. */
export function groupsOf(page: string): Block[][] {
  const groups: Block[][] = [];
  for (const block of blocksOf(page)) {
    if (block.marks.includes("run")) groups.push([block]);
    if (block.marks.includes("run-beside")) groups.at(-1)?.push(block);
  }
  return groups;
}

/** The page with other text in one of its blocks. */
export function withText(page: string, block: Block, text: string): string {
  const lines = page.split("\n");
  lines.splice(block.line - 1, block.text.split("\n").length - 1, ...text.split("\n").slice(0, -1));
  return lines.join("\n");
}
