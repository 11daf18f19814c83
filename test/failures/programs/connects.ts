/**
 * Connects to what it is told to, all at once, and says what came of each.
 *
 * `{port}` in a target is the port of a server of its own, on every address.
 */
import { connect, serve, type ConnectOptions, type SocketEvent } from "../../../src/index.ts";
import { startNameServer, type Zone } from "./dns-stub.ts";
import { hear, say, settings } from "./lines.ts";

export interface ConnectsSettings {
  readonly targets: readonly string[];
  readonly options?: ConnectOptions<Uint8Array, Uint8Array>;
  /** Connects so often to each, one after the other. */
  readonly times?: number;
  /** What the name server on 127.0.0.53 says; none is started without it. */
  readonly zones?: Readonly<Record<string, Zone>>;
  /** Whether to end as soon as there is nothing left to do, and not when it is told to. */
  readonly leave?: boolean;
}

const { targets, options = {}, times = 1, zones, leave = false } = settings() as ConnectsSettings;

if (zones !== undefined) await startNameServer("127.0.0.53", 53, zones);
// In a small range of ports, a server that nobody needs may be in the way.
const server = targets.some((target) => target.includes("{port}"))
  ? await serve({ host: "0.0.0.0" }, { bytes() {} })
  : undefined;
const port = server?.address.family === "ipv4" ? server.address.port : 0;

/** One line for each: how it went, how long it took, and the events on the way. */
async function attempt(target: string): Promise<void> {
  const events: SocketEvent[] = [];
  const onEvent = (event: SocketEvent): void => {
    events.push(event);
  };
  const beganMs = performance.now();
  const tookMs = (): number => performance.now() - beganMs;
  try {
    const connection = await connect(target.replace("{port}", String(port)), { ...options, onEvent });
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
