/** A service of the table, served in memory, with clients that send and receive bytes. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Engine } from "../../src/engine.ts";
import {
  connect,
  formatAddress,
  serve,
  type Connection,
  type CloseInfo,
  type RawConnection,
  type RawHandler,
  type Server,
} from "../../src/index.ts";
import type { Address } from "../../src/base/address/address.ts";
import type { Clock } from "../../src/base/clock.ts";
import { codecByName } from "../../src/codec/index.ts";
import { services, type ServiceOptions } from "../../src/services/index.ts";
import { createMemoryEngine } from "../../src/wire/index.ts";
import { readAll } from "../support/connection-pair.ts";

export interface Spoken {
  /** Everything that the service sent, up to its end. */
  readonly answer: Buffer;
  readonly ending: CloseInfo;
}

export interface ServiceUnderTest {
  readonly server: Server;
  readonly dial: () => Promise<Connection>;
  /** How a client's connection closed, as the server saw it. */
  readonly endingOf: (client: Connection) => Promise<CloseInfo>;
  /** Sends all of it on a new connection, then FIN; resolves to the answer. */
  readonly talk: (said: string | Uint8Array) => Promise<Spoken>;
}

/** Options as the command line has them: a framing by name. */
export type Options = Omit<ServiceOptions, "framing"> & {
  readonly frame?: string | undefined;
  /** Uses messages even where raw mode would do, as the command does for telnet. */
  readonly messages?: boolean | undefined;
};

/** Both ways to run a service that supports raw mode, for the names of tests. */
export const bothModes: readonly (readonly [words: string, options: Options])[] = [
  ["in raw mode", {}],
  ["with messages", { messages: true }],
];

export async function run(
  t: TestContext,
  name: string,
  { frame, messages = false, ...options }: Options = {},
  // Small chunks, so that most messages arrive in several pieces.
  engine: Engine = createMemoryEngine({ chunkBytesMax: 7 }),
  clock?: Clock,
): Promise<ServiceUnderTest> {
  const entry = services.find((one) => one.name === name);
  assert.ok(entry, `there is a service ${name}`);
  const service = entry.create({
    ...options,
    framing: frame === undefined ? undefined : codecByName(frame, "bytes"),
  });
  /** How each client's connection closed at the server, by the client's address. */
  const endings = new Map<string, Promise<CloseInfo>>();
  const settings = { engine, clock, ...service.options };
  const server =
    service.raw === undefined || messages
      ? await serve({ ...settings, codec: service.framing }, (client, self) => {
          endings.set(formatAddress(client.remote as Address), client.closed);
          return service.handle(client, self);
        })
      : await serve(settings, noticing(service.raw, endings));
  const clients: Connection[] = [];
  t.after(async () => {
    await Promise.all(clients.map((client) => client.abort()));
    await server.close({ drainMs: 0 });
  });
  async function dial(): Promise<Connection> {
    const client = await connect(formatAddress(server.address), { engine, clock });
    clients.push(client);
    return client;
  }
  const endingOf = (client: Connection): Promise<CloseInfo> =>
    endings.get(formatAddress(client.local)) as Promise<CloseInfo>;
  return {
    server,
    dial,
    endingOf,
    async talk(said) {
      const client = await dial();
      // A service that closes early need not read all of it.
      const sent = client
        .write(said)
        .then(() => client.end())
        .catch(() => undefined);
      const answer = await readAll(client);
      await sent;
      await client.close();
      return { answer, ending: await endingOf(client) };
    },
  };
}

/** The handler itself, with a record of how each client's connection closed. */
function noticing(handler: RawHandler, endings: Map<string, Promise<CloseInfo>>): RawHandler {
  const ended = new Map<RawConnection, (ending: CloseInfo) => void>();
  return {
    ...handler,
    opened(connection, server) {
      const closed = new Promise<CloseInfo>((resolve) => ended.set(connection, resolve));
      endings.set(formatAddress(connection.remote as Address), closed);
      handler.opened?.(connection, server);
    },
    closed(connection, ending) {
      handler.closed?.(connection, ending);
      ended.get(connection)?.(ending);
    },
  };
}
