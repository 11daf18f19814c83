/**
 * Several targets in one line, for `connect -z`: `host 20-25 80,443 http`, `a:80 b:443`, and both forms in one,
 * `a:20-25,http`.
 */
import { formatTarget, parsePort, type Target } from "../../base/address/address.ts";
import { ipFamily } from "../../base/address/ip.ts";
import { quote } from "../../base/text/quote.ts";
import { readAddress, type AddressOptions } from "./address-arguments.ts";
import { portOfService, requirePortOfService, type Protocol } from "./service-names.ts";
import { asUsage, UsageError } from "../usage.ts";

/** Words that can only be ports. The word before them is their host. */
const portsLike = /^[0-9][0-9,-]*$/;

/** Several ports after a host: a list or a range. */
const severalPorts = /^(?!unix:)(.*:)([^:/\]]*[,-][^:/\]]*)$/is;

/**
 * The targets in order, without duplicates.
 *
 * @throws {UsageError} for invalid targets.
 */
export function readTargets(words: readonly string[], options: AddressOptions): readonly Target[] {
  const targets = new Map(targetsOf(words, options).map((target) => [formatTarget(target), target]));
  return [...targets.values()];
}

/** Whether the words name more than one target; `false` if they are invalid. */
export function areSeveral(words: readonly string[], options: AddressOptions): boolean {
  if (options.unix === true) return false;
  try {
    return readTargets(words, options).length > 1;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function targetsOf(words: readonly string[], options: AddressOptions): Target[] {
  const [first, second] = words;
  const role = { listening: false };
  if (options.unix === true && first !== undefined)
    return words.map((word) => readAddress([word], options, role));
  if (first !== undefined && second !== undefined && arePorts(second, first)) {
    const protocol = options.udp === true ? "udp" : "tcp";
    return words
      .slice(1)
      .flatMap((word) => portsOf(word, protocol).map((port) => readAddress([first, port], options, role)));
  }
  if (first === undefined) return [readAddress([], options, role)];
  return words.flatMap((word) => {
    const [, host, ports] = severalPorts.exec(word) ?? [];
    if (host === undefined || ports === undefined) return [readAddress([word], options, role)];
    const protocol = options.udp === true || /^udp:/i.test(host) ? "udp" : "tcp";
    return portsOf(ports, protocol).map((port) => readAddress([host + port], options, role));
  });
}

/** Whether a second word holds ports for the host in the first, and is not a target itself. */
function arePorts(second: string, first: string): boolean {
  if (portsLike.test(second)) return true;
  const isHost = !first.includes(":") || /^\[.*\]$/.test(first) || ipFamily(first) !== undefined;
  return isHost && !second.includes(":");
}

/** `80`, `20-25`, `22,80-82`, `ssh,http`: each port as text. A name may contain hyphens, such as `http-alt`. */
function portsOf(text: string, protocol: Protocol): string[] {
  return text.split(",").flatMap((part) => {
    if (portOfService(part, protocol) !== undefined) return [part];
    const dashes = [...part.matchAll(/-/g)].map(({ index }) => index);
    if (dashes.length === 0) return [String(readPort(part, text, protocol))];
    const isPort = (end: string): boolean =>
      /^[0-9]+$/.test(end) || portOfService(end, protocol) !== undefined;
    const at =
      dashes.find((dash) => isPort(part.slice(0, dash)) && isPort(part.slice(dash + 1))) ?? dashes[0];
    const [from, to] = [part.slice(0, at), part.slice((at ?? 0) + 1)].map((end) =>
      readPort(end, text, protocol),
    ) as [number, number];
    if (from > to) throw new UsageError(`ports ${quote(text)} are in descending order: write ${to}-${from}`);
    return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
  });
}

function readPort(port: string, text: string, scheme: Protocol): number {
  return asUsage(() => parsePort(port, { scheme, portOf: requirePortOfService }), `ports ${quote(text)}: `);
}
