/**
 * What every server of the bench says once it listens: one line, `ready <port>`,
 * on stdout. Servers in other languages print the same. The harness ends a server
 * with SIGTERM, so none needs an end of its own.
 *
 * @param address What the server says where it listens.
 */
export function printReady(address: object | string | null): void {
  if (typeof address !== "object" || address === null || !("port" in address))
    throw new TypeError(`not an address with a port: ${JSON.stringify(address)}`);
  process.stdout.write(`ready ${String(address.port)}\n`);
}
