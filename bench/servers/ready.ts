/**
 * The common part of every server of the bench, in any language. It takes its service (`echo` or `count`) as its last
 * argument. Once it listens, it prints one line, `ready <port>`, on stdout. At SIGUSR2 it collects its garbage. The
 * harness ends it with SIGTERM.
 */

/** The service to offer, out of the available ones. */
export function chosen<T>(services: Readonly<Record<string, T>>): T {
  const name = process.argv.at(-1) ?? "";
  const service = services[name];
  if (service === undefined) throw new TypeError(`no service is called "${name}"`);
  return service;
}

/**
 * @param address The server's own report of where it listens.
 * @param collect Collects the garbage; node's own way by default.
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
