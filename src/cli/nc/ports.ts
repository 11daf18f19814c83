/**
 * Ports as in nc: numbers, ranges of numbers, and service names (even with -n).
 */
import { portOfService, type Protocol } from "../args/service-names.ts";
import { UsageError } from "../usage.ts";

const portMax = 65_535;

/** The ports of one word: `80`, `20-25`, `http`. A descending range is read as the ascending one. */
export function readPorts(word: string, protocol: Protocol): number[] {
  const known = portOfService(word, protocol);
  if (known !== undefined) return [known];
  const [, first, last] = /^([^-]+)-(.+)$/.exec(word) ?? [];
  if (first === undefined || last === undefined) return [readPort(word)];
  const ends = [readPort(first), readPort(last)];
  const [from, to] = [Math.min(...ends), Math.max(...ends)];
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function readPort(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new UsageError(`port number invalid: ${text}`);
  const port = Number(text);
  if (port < 1) throw new UsageError(`port number too small: ${text}`);
  if (port > portMax) throw new UsageError(`port number too large: ${text}`);
  return port;
}
