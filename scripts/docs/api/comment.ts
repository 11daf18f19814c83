/**
 * A doc comment, taken apart into its text and its blocks (`@param`, `@returns`, `@throws`, `@example`).
 */
export interface DocComment {
  /** Markdown. */
  readonly text: string;
  readonly params: ReadonlyMap<string, string>;
  readonly returns: string | undefined;
  /** One for each kind of error: its type, and when it is thrown. */
  readonly throws: readonly string[];
  readonly examples: readonly string[];
}

const blockStart = /^@(remarks|param|typeParam|returns|throws|example)\b[ \t]*(.*)$/;

/** @throws {Error} for a tag that the reference would not show. */
export function parseComment(comment: string | undefined): DocComment {
  const text: string[] = [];
  const params = new Map<string, string>();
  const throws: string[] = [];
  const examples: string[] = [];
  let returns: string | undefined;
  for (const { tag, lines } of blocksOf(comment ?? "")) {
    const body = lines.join("\n").trim();
    if (tag === "" || tag === "remarks") {
      if (body !== "") text.push(body);
    } else if (tag === "param" || tag === "typeParam") {
      const [, name = "", what = ""] = /^(\w+)\s+(?:-\s+)?([^]*)$/.exec(body) ?? [];
      params.set(name, oneLine(what));
    } else if (tag === "returns") {
      returns = oneLine(body);
    } else if (tag === "throws") {
      throws.push(oneLine(body.replace(/^\{(\w+)\}/, "`$1`")));
    } else {
      examples.push(body);
    }
  }
  return { text: text.join("\n\n"), params, returns, throws, examples };
}

function blocksOf(comment: string): { readonly tag: string; readonly lines: string[] }[] {
  const inner = comment.replace(/^\/\*\*/, "").replace(/\*\/\s*$/, "");
  const blocks = [{ tag: "", lines: [] as string[] }];
  for (const line of inner.split("\n").map((whole) => whole.replace(/^\s*\*? ?/, "").trimEnd())) {
    const start = blockStart.exec(line);
    if (start !== null) blocks.push({ tag: start[1] ?? "", lines: [start[2] ?? ""] });
    else if (/^@[a-z]+\b/.test(line)) throw new Error(`the reference does not show ${line}`);
    else blocks.at(-1)?.lines.push(line);
  }
  return blocks;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
