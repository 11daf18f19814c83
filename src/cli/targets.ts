/**
 * Several targets in one line, for `connect -z`: `host 20-25 80,443`, `a:80 b:443`, and
 * both spellings in one, `a:20-25`.
 */
import { formatTarget, parsePort, type Target } from "../base/address.ts";
import { quote } from "../base/quote.ts";
import { readPlace, type PlaceOptions } from "./places.ts";
import { asUsage, UsageError } from "./usage.ts";

/** Words that can only be ports: whatever stands before them is their host. */
const portsLike = /^[0-9][0-9,-]*$/;

/**
 * The targets in the order in which they stand there, each once.
 *
 * @throws {UsageError} for what can not be.
 */
export function readTargets(words: readonly string[], options: PlaceOptions): readonly Target[] {
  const targets = new Map(targetsOf(words, options).map((target) => [formatTarget(target), target]));
  return [...targets.values()];
}

/** Whether the words name more than one target; not, if they cannot be read. */
export function areSeveral(words: readonly string[], options: PlaceOptions): boolean {
  if (options.unix === true) return false;
  try {
    return readTargets(words, options).length > 1;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function targetsOf(words: readonly string[], options: PlaceOptions): Target[] {
  const [first, second] = words;
  const role = { listening: false };
  if (options.unix === true && first !== undefined)
    return words.map((word) => readPlace([word], options, role));
  if (first !== undefined && second !== undefined && portsLike.test(second)) {
    return words
      .slice(1)
      .flatMap((word) => portsOf(word).map((port) => readPlace([first, port], options, role)));
  }
  if (first === undefined) return [readPlace([], options, role)];
  return words.flatMap((word) => {
    const [, host, ports] = /^(?!unix:)(.*:)([0-9][0-9,-]*[,-][0-9,-]*)$/is.exec(word) ?? [];
    if (host === undefined || ports === undefined) return [readPlace([word], options, role)];
    return portsOf(ports).map((port) => readPlace([host + port], options, role));
  });
}

/** `80`, `20-25`, `22,80-82`: each port as text. */
function portsOf(text: string): string[] {
  return text.split(",").flatMap((part) => {
    const range = /^([^-]*)-(.*)$/s.exec(part);
    if (range === null) return [String(asUsage(() => parsePort(part), `ports ${quote(text)}: `))];
    const [from, to] = [range[1] ?? "", range[2] ?? ""].map((end) =>
      asUsage(() => parsePort(end), `ports ${quote(text)}: `),
    ) as [number, number];
    if (from > to) throw new UsageError(`ports ${quote(text)} go down: write ${to}-${from}`);
    return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
  });
}
