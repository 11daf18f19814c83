/**
 * Names of options, which no compiler has checked where the caller writes JavaScript.
 */
import { quote } from "./quote.ts";
import { suggest } from "./suggest.ts";

/** Every option that there is; a table, so that the compiler knows when one is missing. */
export type OptionNames<Options> = Readonly<Record<keyof Options, true>>;

/** @throws {TypeError} for an option that is not known, with the one that was perhaps meant. */
export function refuseUnknownOptions<Options extends object>(
  caller: string,
  options: Options,
  known: OptionNames<Options>,
): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    // Names that end alike (…TimeoutMs) are near to each other, whatever they mean; so they must begin alike too.
    const alike = Object.keys(known).filter((one) => one.charAt(0) === name.charAt(0).toLowerCase());
    const meant = suggest(name, alike);
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new TypeError(`${caller}: there is no option ${quote(name)}${hint}`);
  }
}
