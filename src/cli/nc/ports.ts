/**
 * Ports as nc takes them: numbers, ranges and the names of services; and those names.
 */
import { readFileSync } from "node:fs";
import { UsageError } from "../usage.ts";

export type Protocol = "tcp" | "udp";

const portMax = 65_535;

/** The ports of one word: `80`, `20-25`, `http`. A range that goes down is the one that goes up. */
export function readPorts(word: string, protocol: Protocol): number[] {
  const known = servicesOf(protocol).find(({ names }) => names.includes(word));
  if (known !== undefined) return [known.port];
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

/** What the system calls the service of a port; `*` if it has no name for it. */
export function serviceName(port: number, protocol: Protocol): string {
  return servicesOf(protocol).find((service) => service.port === port)?.names[0] ?? "*";
}

interface KnownService {
  readonly port: number;
  readonly names: readonly string[];
}

let services: readonly (KnownService & { readonly protocol: string })[] | undefined;

function servicesOf(protocol: Protocol): readonly KnownService[] {
  services ??= readServices("/etc/services");
  return services.filter((service) => service.protocol === protocol);
}

/** None, where there is no such file. */
function readServices(path: string): (KnownService & { readonly protocol: string })[] {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    const [name, place = "", ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const [, port, protocol] = /^(\d+)\/(\w+)$/.exec(place) ?? [];
    if (name === undefined || port === undefined || protocol === undefined) return [];
    return [{ port: Number(port), protocol, names: [name, ...aliases] }];
  });
}
