/**
 * Colours: whether to use them, and for what.
 */

export type ColourChoice = "auto" | "always" | "never";

/**
 * Whether a stream gets colours. `FORCE_COLOR` and `NO_COLOR` have the meanings of Node and no-color.org.
 * `FORCE_COLOR` overrides `NO_COLOR`, and `--color` overrides both.
 */
export function hasColours(
  choice: ColourChoice,
  environment: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): boolean {
  if (choice !== "auto") return choice === "always";
  const { FORCE_COLOR: force, NO_COLOR: none = "", TERM } = environment;
  if (force !== undefined) return force !== "0" && force !== "false";
  return none === "" && TERM !== "dumb" && isTerminal;
}

const bold = 1;
const red = 31;

/**
 * Highlights the beginning of a line: the stage, or our name before a failure. Returns that beginning and the rest,
 * which may quote a peer.
 */
export function setOff(line: string): { readonly start: string; readonly rest: string } {
  const [, number = "", word = "", rest = line] = /^(\[\d+\] )?([a-z]+:?)( .*)$/s.exec(line) ?? [];
  if (word === "") return { start: "", rest: line };
  return { start: number + painted(word, word === "portcall:" || word === "failed" ? red : bold), rest };
}

/** A warning that must not be missed; trusted text. */
export function warned(text: string): string {
  return painted(text, red);
}

/** Trusted text in a colour or a weight (ECMA-48, SGR). */
export function painted(text: string, style: number): string {
  return `\x1b[${style}m${text}\x1b[0m`;
}
