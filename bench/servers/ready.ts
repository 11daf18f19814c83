/**
 * What every server of the bench does, in whatever language: it takes the service
 * that it offers (`echo` or `count`) as its last argument; once it listens, it
 * prints one line, `ready <port>`, on stdout; at SIGUSR2 it collects its garbage. The
 * harness ends it with SIGTERM, so none needs an end of its own.
 */

/** The service it is to offer, out of those it has. */
export function chosen<T>(services: Readonly<Record<string, T>>): T {
  const name = process.argv.at(-1) ?? "";
  const service = services[name];
  if (service === undefined) throw new TypeError(`no service is called "${name}"`);
  return service;
}

/**
 * @param address What the server says where it listens.
 * @param collect Collects the garbage; node's own way unless given.
 */
export function printReady(
  address: object | string | null,
  collect: () => void = () => globalThis.gc?.(),
): void {
  if (typeof address !== "object" || address === null || !("port" in address))
    throw new TypeError(`not an address with a port: ${JSON.stringify(address)}`);
  process.on("SIGUSR2", collect);
  process.stdout.write(`ready ${String(address.port)}\n`);
}
