/**
 * Objects of options, which no compiler has checked where the caller writes JavaScript.
 */
import { record } from "./arguments.ts";
import { quote } from "./text/quote.ts";
import { suggest } from "./text/suggest.ts";

/** @throws {TypeError} for a value that the option of that name cannot have. */
export type OptionCheck = (name: string, value: unknown) => unknown;

/**
 * Every option that there is, with its check; `true` for one that is checked where it is used, as numbers are with
 * their range. A table, so that the compiler knows when one is missing.
 */
export type OptionChecks<Options> = Readonly<Record<keyof Options, true | OptionCheck>>;

/**
 * Checks the options of a call. One that is `undefined` is left out; `null` is a value, and none of ours.
 *
 * @throws {TypeError} for what is no object, for an option that is not known, with the one that was
 *   perhaps meant, and for a value that its check refuses.
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
      throw new TypeError(`${name}: null is no value of an option; leave it out for the default`);
    const check = checks[name as keyof Options];
    if (check !== true) check(name, value);
  }
}

function unknownOption(caller: string, name: string, known: readonly string[]): TypeError {
  // Names that end alike (…TimeoutMs) are near to each other, whatever they mean; so they must begin alike too.
  const alike = known.filter((one) => one.charAt(0) === name.charAt(0).toLowerCase());
  const meant = suggest(name, alike);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  return new TypeError(`${caller}: there is no option ${quote(name)}${hint}`);
}
