/**
 * Connects to all given targets at once, and reports the result of each.
 *
 * `{port}` in a target is the port of its own server, on all addresses.
 */
import {
  connect,
  createDnsResolver,
  serve,
  type ConnectOptions,
  type SocketEvent,
} from "../../../src/index.ts";
import { startNameServer, type Zone } from "./dns-stub.ts";
import { hear, say, settings } from "../../support/program-lines.ts";

export interface ConnectsSettings {
  readonly targets: readonly string[];
  readonly options?: ConnectOptions<Uint8Array, Uint8Array>;
  /** Uses `createDnsResolver` instead of the system's resolver. */
  readonly asksNameServers?: boolean;
  /** Number of connects to each target, one after the other. */
  readonly times?: number;
  /** The answers of the name server on 127.0.0.53; without it none is started. */
  readonly zones?: Readonly<Record<string, Zone>>;
  /** Whether that server listens on IPv6 too. */
  readonly everywhere?: boolean;
  /** Whether to exit as soon as nothing is left to do, instead of on request. */
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
// In a small range of ports, an unneeded server could occupy one.
const server = targets.some((target) => target.includes("{port}"))
  ? await serve({ host: everywhere ? "::" : "0.0.0.0" }, { bytes() {} })
  : undefined;
const port = server?.address.port ?? 0;

const resolving = asksNameServers ? { resolver: createDnsResolver() } : {};

/** Prints one line per target: the result, the duration, and the events. */
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
