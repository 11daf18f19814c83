/**
 * What users write, to be compiled against the package's types with and without `exactOptionalPropertyTypes`. A line
 * under `@ts-expect-error` must not compile.
 */
import {
  bindUdp,
  connect,
  connectUdp,
  formatAddress,
  jsonLines,
  lines,
  serve,
  type Address,
  type Codec,
  type Connection,
  type ConnectOptions,
  type Handler,
  type RawHandler,
  type ReadOptions,
  type ServeOptions,
  type Server,
  type TcpAddress,
  type UnixAddress,
} from "portcall";
import { openPair, type ConnectionPair, type PairOptions } from "portcall/testing";

/** Whether two types are the same. */
type Same<One, Other> = [One, Other] extends [Other, One] ? true : false;
function holds(_theyAreTheSame: true): void {
  // The compiler has looked.
}

// Types without arguments are those of bytes.
holds(true satisfies Same<Connection, Connection<Uint8Array, Uint8Array>>);
holds(true satisfies Same<ServeOptions, ServeOptions<Uint8Array, Uint8Array>>);
holds(true satisfies Same<ConnectOptions, ConnectOptions<Uint8Array, Uint8Array>>);
holds(true satisfies Same<Handler, Handler<Uint8Array, Uint8Array>>);
holds(true satisfies Same<Handler<string>, Handler<string, string>>);
holds(true satisfies Same<PairOptions, PairOptions<Uint8Array, Uint8Array>>);
holds(true satisfies Same<ConnectionPair, ConnectionPair<Uint8Array, Uint8Array>>);

// A handler on its own, and options on their own.
export const echo: Handler = async (client) => {
  for await (const chunk of client) await client.write(chunk);
};
export const shout: Handler<string> = async (client) => {
  for await (const line of client) await client.send(line.toUpperCase());
};
export const counted: RawHandler = { bytes: () => undefined, closed: undefined, opened: undefined };
export const quiet: ConnectOptions = { idleTimeoutMs: 5_000 };

// A server on a port has one, a server on a path has that, and one that may be either says so.
export async function addresses(
  options: ServeOptions,
  path: string,
  port: number | undefined,
): Promise<number> {
  await using tcp = await serve({ port: 0 }, echo);
  holds(true satisfies Same<typeof tcp.address, TcpAddress>);
  const first: number = tcp.address.port;
  await using spoken = await serve({ port, host: undefined, codec: lines() }, async (client, server) => {
    holds(true satisfies Same<typeof client, Connection<string>>);
    holds(true satisfies Same<typeof server, Server>);
    for await (const line of client) await client.send(line);
  });
  const second: number = spoken.address.port;
  await using raw = await serve({ port: 0 }, { bytes: (client, view) => client.write(view) });
  const third: number = raw.address.port;
  const ports: readonly number[] = tcp.addresses.map((address) => address.port);
  await using unix = await serve({ path }, echo);
  holds(true satisfies Same<typeof unix.address, UnixAddress>);
  const text: string = unix.address.path;
  await using unixLines = await serve({ path, codec: lines() }, shout);
  holds(true satisfies Same<typeof unixLines, Server<UnixAddress>>);
  await using inherited = await serve({ fd: 3 }, echo);
  holds(true satisfies Same<typeof inherited.address, Address>);
  await using either = await serve(options, echo);
  holds(true satisfies Same<typeof either.address, Address>);
  // @ts-expect-error: it may be a Unix socket
  holds(true satisfies Same<typeof either.address.port, number>);
  await using perhaps = await serve(
    { ...options, port: 0, codec: jsonLines<{ id: number }>() },
    async (client) => {
      for await (const { id } of client) await client.send({ id });
    },
  );
  holds(true satisfies Same<typeof perhaps.address, Address>);
  // @ts-expect-error: an option that does not exist
  await serve({ prot: 0 }, echo);
  // @ts-expect-error: a codec that was not called
  await serve({ codec: lines }, echo);
  // @ts-expect-error: a handler of lines on a server of bytes
  await serve({ port: 0 }, shout);
  const all: readonly Server[] = [tcp, unix, inherited, either];
  return first + second + third + ports.length + all.length + text.length;
}

// Whatever was not given is passed on as it is.
export interface Settings {
  readonly timeoutMs?: number | undefined;
  readonly host?: string | undefined;
  readonly family?: 4 | 6 | undefined;
  readonly codec?: Codec<string> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onClosed?: (() => void) | undefined;
}
export async function passOn(target: string, settings: Settings): Promise<string | null> {
  const { timeoutMs, host, family, signal } = settings;
  const read: ReadOptions = { timeoutMs, signal };
  await using client = await connect(target, {
    connectTimeoutMs: timeoutMs,
    family,
    localAddress: host,
    localPort: undefined,
    proxy: undefined,
    retry: undefined,
    signal,
    codec: settings.codec ?? lines({ ending: undefined, lineBytesMax: undefined }),
  });
  await using socket = await bindUdp({ host, multicast: { groups: undefined, interface: undefined } });
  await using peer = await connectUdp(formatAddress(socket.address), { family, signal, ttl: undefined });
  await peer.send("x");
  await using pair = await openPair({
    codec: settings.codec,
    engine: undefined,
    client: undefined,
  } as PairOptions);
  await using server = await serve(
    { host, backlog: undefined, allow: undefined, refusal: undefined, onError: undefined },
    { bytes: () => undefined, closed: settings.onClosed },
  );
  await pair.client.end();
  return server.address.port === 0 ? null : await client.receive(read);
}
