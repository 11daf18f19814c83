/**
 * Text that stands for itself in a script, whatever is in it.
 */

/** One word of sh, bash and zsh. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** One word of fish, which knows two escapes between single quotes. */
export function fishQuote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
