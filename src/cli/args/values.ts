/**
 * The values of options: parses the typed text. Each reader throws a `UsageError` that says what was expected.
 */
import { parsePort } from "../../base/address/address.ts";
import { parseAddressBlock } from "../../base/address/address-block.ts";
import { canonicalHost, ipFamily } from "../../base/address/ip.ts";
import { parseProxy } from "../../base/address/proxy.ts";
import { quote } from "../../base/text/quote.ts";
import { chooseEngine, engineChoices, type EngineChoice } from "../../wire/index.ts";
import type { ColourChoice } from "../tty/colours.ts";
import { asUsage, UsageError } from "../usage.ts";

/** Reads one option's value; `name` is the option as typed. */
export type ValueReader<Value> = (text: string, name: string) => Value;

/** The largest value that counts of the system and Node's timers can hold. */
const countMax = 0x7fffffff;

export function wholeNumber(least: number, most: number = countMax): ValueReader<number> {
  return (text, name) => {
    const value = /^(0|[1-9]\d*)$/.test(text) ? Number(text) : -1;
    if (value >= least && value <= most) return value;
    const range = value > most ? `from ${least} to ${most}` : `of ${least} or more`;
    throw new UsageError(`${name} ${quote(text)} is not a whole number ${range}`);
  };
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, "": 1_000, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * A time such as `500ms`, `5s`, `3m` or `1h`, or a plain number of seconds. The result is in milliseconds and at most
 * what a timer can hold.
 */
export const duration: ValueReader<number> = (text, name) => {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|)$/.exec(text);
  const value = match === null ? 0 : Number(match[1]) * (unitMs[match[2] as string] as number);
  if (value > 0 && value <= countMax) return value;
  const what =
    value > 0 ? "longer than 596h, which is the longest" : "not a time above 0, as in 500ms, 5s, 3m or 1h";
  throw new UsageError(`${name} ${quote(text)} is ${what}`);
};

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0", "\\": "\\" };

/** Text with the escapes `\n`, `\r`, `\t`, `\0`, `\\` and `\x41`. */
export const text: ValueReader<string> = (typed, name) =>
  typed.replace(/\\(x[0-9a-fA-F]{2}|[^]|$)/gu, (whole, escape: string) => {
    if (/^x[0-7]./.test(escape)) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    if (escape.length === 3) {
      throw new UsageError(
        `${name}: ${quote(whole)} is not an ASCII character; above \\x7f, write the character itself`,
      );
    }
    const meant = escapes[escape];
    if (meant !== undefined) return meant;
    throw new UsageError(
      `${name}: ${quote(whole)} is not an escape; write \\n, \\r, \\t, \\0, \\x41 or \\\\`,
    );
  });

/** An IP address, and not a name. */
export const ipAddress: ValueReader<string> = (typed, name) => {
  if (ipFamily(typed) !== undefined) return canonicalHost(typed).host;
  throw new UsageError(`${name} ${quote(typed)} is not an IP address`);
};

export const jsonMode: ValueReader<"report" | "stream"> = (typed, name) => {
  if (typed === "report" || typed === "stream") return typed;
  throw new UsageError(`${name} ${quote(typed)} is not a mode: write ${name} or ${name}=stream`);
};

/** IP addresses and CIDR blocks, separated by commas. */
export const addressBlocks: ValueReader<readonly string[]> = (typed, name) => {
  const blocks = typed.split(",");
  try {
    for (const block of blocks) parseAddressBlock(block);
  } catch (error) {
    throw new UsageError(`${name} ${(error as Error).message}`);
  }
  return blocks;
};

/** An engine that works here. */
export const engineChoice: ValueReader<EngineChoice> = (typed, name) => {
  const choice = engineChoices.find((one) => one === typed);
  if (choice === undefined)
    throw new UsageError(`${name} ${quote(typed)} is none of ${engineChoices.join(", ")}`);
  asUsage(() => chooseEngine(choice), `${name}: `);
  return choice;
};

const colourChoices = ["auto", "always", "never"] as const;

export const colourChoice: ValueReader<ColourChoice> = (typed, name) => {
  const choice = colourChoices.find((one) => one === typed);
  if (choice !== undefined) return choice;
  throw new UsageError(`${name} ${quote(typed)} is none of ${colourChoices.join(", ")}`);
};

export const port: ValueReader<number> = (typed, name) => asUsage(() => parsePort(typed), `${name}: `);

/** A proxy, in the library's form. */
export const proxy: ValueReader<string> = (typed) =>
  asUsage(() => {
    parseProxy(typed);
    return typed;
  });

/** The text itself, as for a file or a name. */
export const plainText: ValueReader<string> = (typed, name) => {
  if (typed !== "") return typed;
  throw new UsageError(`${name} needs a value that is not empty`);
};

/** A version of TLS, as `1.2` or as OpenSSL writes it. */
export const tlsVersion: ValueReader<"TLSv1.2" | "TLSv1.3"> = (typed, name) => {
  const [, version] = /^(?:TLSv)?(1\.[23])$/i.exec(typed) ?? [];
  if (version !== undefined) return `TLSv${version}` as "TLSv1.2" | "TLSv1.3";
  throw new UsageError(`${name} ${quote(typed)} is none of 1.2, 1.3`);
};

/** A version of the PROXY protocol. */
export const proxyVersion: ValueReader<1 | 2> = (typed, name) => {
  if (typed === "v1" || typed === "v2") return typed === "v1" ? 1 : 2;
  throw new UsageError(`${name} ${quote(typed)} is not a version: write ${name}=v1 or ${name}=v2`);
};
