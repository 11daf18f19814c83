/**
 * Connects to what it is told to, all at once, and says what came of each.
 *
 * `{port}` in a target is the port of a server of its own, on every address.
 */
import {
  connect,
  createDnsResolver,
  serve,
  type ConnectOptions,
  type SocketEvent,
} from "../../../src/index.ts";
import { startNameServer, type Zone } from "./dns-stub.ts";
import { hear, say, settings } from "./lines.ts";

export interface ConnectsSettings {
  readonly targets: readonly string[];
  readonly options?: ConnectOptions<Uint8Array, Uint8Array>;
  /** Whether `createDnsResolver` looks the names up, and not the system. */
  readonly asksNameServers?: boolean;
  /** Connects so often to each, one after the other. */
  readonly times?: number;
  /** What the name server on 127.0.0.53 says; none is started without it. */
  readonly zones?: Readonly<Record<string, Zone>>;
  /** Whether that server listens on IPv6 too. */
  readonly everywhere?: boolean;
  /** Whether to end as soon as there is nothing left to do, and not when it is told to. */
  readonly leave?: boolean;
}

const {
  targets,
  options = {},
  asksNameServers = false,
  everywhere = false,
  times = 1,
  zones,
  leave = false,
} = settings() as ConnectsSettings;

if (zones !== undefined) await startNameServer("127.0.0.53", 53, zones);
// In a small range of ports, a server that nobody needs may be in the way.
const server = targets.some((target) => target.includes("{port}"))
  ? await serve({ host: everywhere ? "::" : "0.0.0.0" }, { bytes() {} })
  : undefined;
const port = server?.address.port ?? 0;

const resolving = asksNameServers ? { resolver: createDnsResolver() } : {};

/** One line for each: how it went, how long it took, and the events on the way. */
async function attempt(target: string): Promise<void> {
  const events: SocketEvent[] = [];
  const onEvent = (event: SocketEvent): void => {
    events.push(event);
  };
  const beganMs = performance.now();
  const tookMs = (): number => performance.now() - beganMs;
  try {
    const connection = await connect(target.replace("{port}", String(port)), {
      ...options,
      ...resolving,
      onEvent,
    });
    say({ type: "outcome", target, connected: connection.remote, tookMs: tookMs(), events });
    await connection.abort();
  } catch (error) {
    say({ type: "outcome", target, error, tookMs: tookMs(), events });
  }
}

await Promise.all(
  targets.map(async (target) => {
    for (let time = 0; time < times; time++) await attempt(target);
  }),
);
say({ type: "done" });
await server?.close({ drainMs: 0 });
if (!leave) hear(() => {});
