/**
 * Service names of ports, from the system's table: `http` is TCP port 80. The table is read when first needed.
 */
import { readFileSync } from "node:fs";
import { quote } from "../../base/text/quote.ts";

export type Protocol = "tcp" | "udp";

interface KnownService {
  readonly port: number;
  readonly protocol: string;
  /** The official name, then its aliases. */
  readonly names: readonly string[];
}

const tablePath = "/etc/services";

let table: readonly KnownService[] | undefined;

/** The port of a service for a protocol. Names are case-sensitive, as in getservbyname(3). */
export function portOfService(name: string, protocol: Protocol): number | undefined {
  return services().find((one) => one.protocol === protocol && one.names.includes(name))?.port;
}

/** The official name of a port's service for a protocol. */
export function serviceOfPort(port: number, protocol: Protocol): string | undefined {
  return services().find((one) => one.protocol === protocol && one.port === port)?.names[0];
}

/**
 * As `portOfService`, for addresses in the command line.
 *
 * @throws {TypeError} for an unknown service; the message is one line.
 */
export function requirePortOfService(name: string, protocol: Protocol): number {
  const port = portOfService(name, protocol);
  if (port !== undefined) return port;
  const what = `${quote(name)} is neither a port number nor a ${protocol.toUpperCase()} service`;
  if (services().length === 0)
    throw new TypeError(`${what}: this machine has no ${tablePath}, so write the number`);
  const other = protocol === "tcp" ? "udp" : "tcp";
  const elsewhere = portOfService(name, other);
  const hint =
    elsewhere === undefined ? "write the number" : `it is ${other.toUpperCase()} port ${elsewhere}`;
  throw new TypeError(`no such service: ${what} in ${tablePath}; ${hint}`);
}

function services(): readonly KnownService[] {
  return (table ??= readTable(tablePath));
}

/** Empty if there is no such file. */
function readTable(path: string): KnownService[] {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    const [name, portAndProtocol = "", ...aliases] = line.replace(/#.*/, "").trim().split(/\s+/);
    const [, port, protocol] = /^(\d+)\/(\w+)$/.exec(portAndProtocol) ?? [];
    if (name === undefined || port === undefined || protocol === undefined) return [];
    return [{ port: Number(port), protocol, names: [name, ...aliases] }];
  });
}
