/**
 * What a program on this machine can do with sockets.
 */
import { readFileSync } from "node:fs";
import { tcpAddress } from "../../base/address/address.ts";
import { createSystemResolver, limits } from "../../net/index.ts";
import { chooseEngine, whyNoEpoll, whyNoUring, WireError, type Listener } from "../../wire/index.ts";
import { note, ok, wrong, type Finding } from "../json/finding.ts";

const engine = chooseEngine("auto");

/** The engine, the limits in force, both address families and name resolution. */
export async function network(): Promise<Finding[]> {
  return [engines(), descriptors(), ...backlog(), ...ports(), ...(await families()), await names()];
}

/** The engine in use, and why another one does not work here. */
function engines(): Finding {
  const noEpoll = whyNoEpoll();
  if (noEpoll !== undefined) return withoutAddon(noEpoll);
  const noUring = whyNoUring();
  const other = noUring === undefined ? "io_uring works too" : `io_uring does not work here: ${noUring}`;
  return ok("engine", `${engine.name}, with batched I/O; ${other}`);
}

/** The portable engine works, but on Linux the native one would be faster. */
function withoutAddon(whyNot: string): Finding {
  const says = `${engine.name} (node:net); no epoll: ${whyNot}`;
  return process.platform === "linux" ? note("engine", says) : ok("engine", says);
}

function descriptors(): Finding {
  const counted = engine.descriptors();
  if (counted === undefined) return note("descriptors", "this system does not report the limit");
  const room = Math.max(0, counted.limit - counted.open - limits.descriptorReserve.value);
  const says = `limit ${counted.limit}: a server here can hold ${Math.min(room, limits.connectionsMax.value)} connections`;
  return room < limits.connectionsMax.value
    ? note("descriptors", `${says}; \`ulimit -n\` raises it`)
    : ok("descriptors", says);
}

function backlog(): Finding[] {
  const max = Number(read("/proc/sys/net/core/somaxconn"));
  if (!(max > 0)) return [];
  const wanted = limits.backlog.value;
  return [
    max < wanted
      ? note("backlog", `the system queues ${max} clients, not ${wanted}: raise sysctl net.core.somaxconn`)
      : ok("backlog", `${wanted} clients can wait (the system allows ${max})`),
  ];
}

function ports(): Finding[] {
  const [first, last] = read("/proc/sys/net/ipv4/ip_local_port_range").split(/\s+/).map(Number);
  if (first === undefined || last === undefined) return [];
  return [ok("ports", `local ports ${first} to ${last}: ${last - first + 1} connections to one address`)];
}

async function families(): Promise<Finding[]> {
  const hosts: readonly (readonly [family: string, host: string])[] = [
    ["IPv4", "127.0.0.1"],
    ["IPv6", "::1"],
  ];
  const tried = await Promise.all(
    hosts.map(async ([family, host]) => ({ family, host, listener: await listen(host) })),
  );
  const findings = tried.map(({ family, host, listener }) => {
    if (!(listener instanceof WireError)) return ok(family, `sockets listen on ${host}`);
    return (family === "IPv6" ? note : wrong)(family, `no socket can listen on ${host} (${listener.code})`);
  });
  const listeners = tried.flatMap(({ listener }) => (listener instanceof WireError ? [] : [listener]));
  const queued = listeners.every(({ leavesClientsQueued }) => leavesClientsQueued);
  await Promise.all(listeners.map((listener) => listener.close()));
  return [
    ...findings,
    queued
      ? ok("concurrency", "clients beyond --concurrency wait in the system's queue")
      : note("concurrency", "clients beyond --concurrency are accepted and wait in the process"),
  ];
}

async function listen(host: string): Promise<Listener | WireError> {
  const options = { backlog: 1, ipv6Only: true, noDelay: true, keepAliveMs: 0 };
  const events = { accepted: () => undefined, acceptFailed: () => undefined };
  try {
    return await engine.listen(tcpAddress(host, 0), options, events);
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

/** How names are resolved. The look-up of `localhost` shows that it works, and sends nothing to the network. */
async function names(): Promise<Finding> {
  const resolv = read("/etc/resolv.conf");
  const servers = [...resolv.matchAll(/^nameserver\s+(\S+)/gm)].map(([, server]) => server);
  const [, search] = /^(?:search|domain)\s+(.+)$/m.exec(resolv) ?? [];
  const [, sources] = /^hosts:\s*([^#\n]+)/m.exec(read("/etc/nsswitch.conf")) ?? [];
  const threads = whyNoEpoll() === undefined ? "getaddrinfo" : "getaddrinfo, a few at a time";
  const asked = [
    `resolved by the system (${threads})`,
    ...(sources === undefined ? [] : [`sources: ${sources.trim()}`]),
    `name servers: ${servers.join(", ") || "none"}`,
    ...(search === undefined ? [] : [`search domains: ${search.trim()}`]),
  ].join("; ");
  try {
    const resolve = createSystemResolver();
    const found = await resolve("localhost", undefined, AbortSignal.timeout(limits.resolveTimeoutMs.value));
    return ok("names", `localhost is ${found.join(", ")}; ${asked}`);
  } catch (error) {
    return wrong("names", `localhost is not found (${(error as Error).message}); ${asked}`);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
