/** Checks of option objects, for callers whose compiler has not checked them. */
import { record } from "./arguments.ts";
import { quote } from "./text/quote.ts";
import { suggest } from "./text/suggest.ts";

/** @throws {TypeError} if the option cannot have that value. */
export type OptionCheck = (name: string, value: unknown) => unknown;

/**
 * Every option with its check; `true` for one that is checked where it is used, such as a number with a range. A
 * record, so that the compiler reports a missing option.
 */
export type OptionChecks<Options> = Readonly<Record<keyof Options, true | OptionCheck>>;

/**
 * Checks the options of a call. An option that is `undefined` counts as absent; `null` is an error.
 *
 * @throws {TypeError} if `options` is not an object, for an unknown option (with the nearest known
 *   name), and for a value that its check rejects.
 */
export function checkOptions<Options extends object>(
  caller: string,
  options: Options,
  checks: OptionChecks<Options>,
): void {
  record(`${caller}: options`, options);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) throw unknownOption(caller, name, Object.keys(checks));
    if (value === undefined) continue;
    if (value === null)
      throw new TypeError(`${name}: null is not a valid value; leave the option out for its default`);
    const check = checks[name as keyof Options];
    if (check !== true) check(name, value);
  }
}

function unknownOption(caller: string, name: string, known: readonly string[]): TypeError {
  // Names with the same ending (…TimeoutMs) are close in edit distance, so the first letters must match too.
  const alike = known.filter((one) => one.charAt(0) === name.charAt(0).toLowerCase());
  const meant = suggest(name, alike);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  return new TypeError(`${caller}: there is no option ${quote(name)}${hint}`);
}
