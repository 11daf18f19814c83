/**
 * Options in, settings out: names and values checked, defaults filled in.
 */
import { checkCall } from "./checks.ts";
import type { Call } from "./option-row.ts";
import { defaultOf, optionsOf, type Defaulted, type OptionsOf } from "./table.ts";

/** The options of a call, with the defaults of those that have one. */
export type Settled<Of extends Call, Options> = {
  readonly [Name in OptionsOf<Of> & keyof Options]-?: Name extends Defaulted<Of>
    ? Exclude<Options[Name], undefined>
    : Options[Name];
};

/** @throws {TypeError} naming the option, its value and what it should be. */
export function settle<Of extends Call, Options extends object>(
  call: Of,
  options: Options,
): Settled<Of, Options> {
  checkCall(call, options);
  const given = options as Readonly<Record<string, unknown>>;
  const names = optionsOf(call);
  return Object.fromEntries(names.map((name) => [name, given[name] ?? defaultOf(name, call)])) as Settled<
    Of,
    Options
  >;
}
