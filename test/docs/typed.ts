/**
 * Runs a console block in which a person types, on a real terminal (tmux).
 *
 * The fence names what is typed besides the commands: ```console run-beside typed: hi | ^] | quit
 * The block's lines are taken in order. A command, and a line that ends with the next typed text, is typed; for any other
 * line the terminal must show it first. `^X` alone is the key Ctrl-X.
 */
import type { TestContext } from "node:test";
import { openTerminal } from "../cli/support/tmux.ts";
import type { Block } from "./blocks.ts";

const marker = "typed:";

/** What is typed in this block besides its commands; `undefined` if nothing in it is typed. */
export function typedTexts({ marks }: Block): string[] | undefined {
  const start = marks.indexOf(marker);
  if (start === -1) return undefined;
  const rest = marks.slice(start + 1).join(" ");
  return rest
    .split("|")
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

/** Types a block; resolves to what the terminal shows in the end, its last prompt left out. */
export async function typeBlock(
  t: Pick<TestContext, "after">,
  text: string,
  typed: readonly string[],
  surroundings: { readonly cwd: string; readonly path: string },
): Promise<string> {
  const terminal = await openTerminal(t, { columns: 120, rows: 40 }, { PATH: surroundings.path });
  // A prompt of its own, since the plain one is there before the command has run.
  await terminal.enter(`cd '${surroundings.cwd}' && PS1='ready ' && clear`);
  await terminal.shows(/^ready\s*$/);
  await terminal.enter("PS1='$ '; clear");
  await terminal.shows(/^\$\s*$/);
  const waiting = [...typed];
  let seen = "";
  for (const line of text.trimEnd().split("\n")) {
    const next = waiting[0];
    if (line.startsWith("$ ")) {
      await terminal.shows(new RegExp(`^${literal(`${seen}$`)}\\s*$`));
      await terminal.enter(line.slice(2));
    } else if (next !== undefined && line.endsWith(next)) {
      waiting.shift();
      const prompt = line.slice(0, -next.length).trimEnd();
      await terminal.shows(new RegExp(`${literal(`${seen}${prompt}`)}\\s*$`));
      const key = /^\^(.)$/.exec(next)?.[1];
      if (key === undefined) await terminal.enter(next);
      else await terminal.press(`C-${key.toLowerCase()}`);
    } else {
      await terminal.shows(new RegExp(literal(line)));
    }
    seen += `${line.trimEnd()}\n`;
  }
  await terminal.shows(/\n\$\s*$/);
  return `${(await terminal.text()).replace(/\n\$\s*$/, "")}\n`;
}

/** A pattern for this text, whatever its times and the ports that the system chose. */
function literal(text: string): string {
  return text
    .replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
    .replaceAll(/:\d{5}\b/g, String.raw`:\d+`)
    .replaceAll(/\b\d+(\\\.\d+)? (ms|s|min)\b/g, String.raw`[\d.]+ (ms|s|min)`);
}
