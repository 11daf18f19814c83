/**
 * The check of each kind of option, and of the options of a call.
 */
import {
  abortSignal,
  callback,
  clock,
  codec,
  duration,
  flag,
  portNumber,
  record,
  shown,
  text,
  texts,
  wellFormed,
} from "../../base/arguments.ts";
import { checkOptions, type OptionCheck, type OptionChecks } from "../../base/option-checks.ts";
import { engineOf, type Engine, type EngineOption } from "../../wire/index.ts";
import { startTlsProtocol } from "../starttls/protocols.ts";
import type { Call, OptionKind, OptionRow } from "./option-row.ts";
import { optionsOf, rowOf, type OptionName } from "./table.ts";

const checks: Readonly<Record<OptionKind, (row: OptionRow) => OptionCheck>> = {
  timeout: () => duration,
  limit: wholeNumberOf,
  integer: wholeNumberOf,
  port: () => portNumber,
  switch: () => flag,
  text: () => text,
  message: () => (name, value) => wellFormed(name, text(name, value)),
  addressBlocks: () => (name, value) => texts(name, value, '["10.0.0.0/8"]'),
  family: () => ipFamilyNumber,
  function:
    ({ madeBy }) =>
    (name, value) =>
      callback(name, value, madeBy),
  object: () => record,
  protocol: () => startTlsProtocol,
  signal: () => abortSignal,
  codec: () => codec,
  engine: () => engineOf,
  clock: () => clock,
};

/** The numbers that an option may have, for error texts and for the reference: `a whole number from 1 to 127`. */
export function rangeOf({ kind, least = 1, most, orInfinity }: OptionRow): string {
  const range = most === undefined ? `of ${least} or more` : `from ${least} to ${most}`;
  return `a whole number ${range}${kind === "limit" || orInfinity === true ? ", or Infinity" : ""}`;
}

function wholeNumberOf(row: OptionRow): OptionCheck {
  const { kind, least = 1, most = Infinity } = row;
  const orInfinity = kind === "limit" || row.orInfinity === true;
  return (name, value) => {
    if (orInfinity && value === Infinity) return;
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return;
    throw new TypeError(`${name}: ${shown(value)} is not ${rangeOf(row)}`);
  };
}

function ipFamilyNumber(name: string, value: unknown): void {
  if (value !== 4 && value !== 6) throw new TypeError(`${name}: ${shown(value)} is not 4 or 6`);
}

function checksOf(call: Call): OptionChecks<Record<string, unknown>> {
  return Object.fromEntries(
    optionsOf(call).map((name) => {
      const row = rowOf(name);
      return [name, checks[row.kind](row)];
    }),
  );
}

const byCall: Readonly<Record<Call, OptionChecks<Record<string, unknown>>>> = {
  connect: checksOf("connect"),
  serve: checksOf("serve"),
  bindUdp: checksOf("bindUdp"),
  connectUdp: checksOf("connectUdp"),
};

/** @throws {TypeError} naming the option, its value and what it should be. */
export function checkCall(call: Call, options: object): void {
  checkOptions(call, options as Record<string, unknown>, byCall[call]);
}

type Given = Readonly<Partial<Record<OptionName, unknown>>>;

function givenOf(call: Call, options: Given): OptionName[] {
  // A switch that is off counts as not set.
  return optionsOf(call).filter((name) => options[name] !== undefined && options[name] !== false);
}

/** @throws {TypeError} for an option that was given and that the engine does not have. */
export function refuseOtherEngines(call: Call, options: Given, engine: Engine): void {
  const name = givenOf(call, options).find(
    (one) => rowOf(one).engines !== undefined && !engine.options.includes(one as EngineOption),
  );
  if (name === undefined) return;
  const has = rowOf(name).engines?.includes("portable") === true ? "" : "; the native engines have, on Linux";
  throw new TypeError(`${name}: the ${engine.name} engine has no such option${has}`);
}

/** @throws {TypeError} for an option that was given and has no effect on the Unix socket at `path`. */
export function refuseOnUnix(call: Call, options: Given, path: string): void {
  const name = givenOf(call, options).find((one) => rowOf(one).notUnix !== undefined);
  if (name === undefined) return;
  throw new TypeError(`${name}: ${path} is a Unix socket, ${rowOf(name).notUnix}; leave it out`);
}
