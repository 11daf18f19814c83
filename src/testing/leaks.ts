/**
 * Leak checks: connections, servers and datagram sockets of this process that a test has left open.
 *
 * Subscribes to the diagnostics channels, and so sees all of them.
 */
import { checkOptions } from "../base/option-checks.ts";
import { clock as checkClock } from "../base/arguments.ts";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { formatAddress } from "../base/address/address.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import type { DiagnosticEvent } from "../net/index.ts";

/** Watches for connections, servers and datagram sockets of this process that a test leaves open. */
export interface LeakWatch extends AsyncDisposable {
  /** Descriptions of what has been opened since the watch began and is still open. */
  readonly open: readonly string[];
  /**
   * Waits until everything has closed, for at most `timeoutMs` (default: 1000), and stops watching.
   *
   * @throws {Error} that lists what is still open.
   */
  check(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
}

/** Allowed time for connections to finish closing. */
const timeoutMsDefault = 1_000;

/**
 * Starts to watch for connections, servers and datagram sockets that a test leaves open. What is open already does
 * not count.
 *
 * @example
 * const leaks = watchLeaks();
 * afterEach(() => leaks.check());
 */
export function watchLeaks(input: { readonly clock?: Clock | undefined } = {}): LeakWatch {
  checkOptions("watchLeaks", input, { clock: checkClock });
  const { clock = systemClock } = input;
  const open = new Map<string, string>();
  let emptied: (() => void) | undefined;

  function ended(key: string): void {
    open.delete(key);
    if (open.size === 0) emptied?.();
  }
  function note(message: unknown): void {
    const event = message as DiagnosticEvent;
    if (event.type === "opened") {
      const peer = event.remote === undefined ? "an unknown address" : formatAddress(event.remote);
      open.set(keyOf(event), `${event.role}'s connection ${event.connection} to ${peer}`);
    } else if (event.type === "listening") {
      open.set(`${event.server}`, `server on ${formatAddress(event.address)}`);
    } else if (event.type === "datagramsOpened") {
      open.set(
        `datagrams ${event.socket}`,
        `datagram socket on ${event.addresses.map(formatAddress).join(", ")}`,
      );
    } else if (event.type === "datagramsClosed") {
      ended(`datagrams ${event.socket}`);
    } else if (event.type === "closed") {
      ended(keyOf(event));
    } else if (event.type === "serverClosed") {
      ended(`${event.server}`);
    }
  }
  for (const channel of channels) subscribe(channel, note);

  async function check({
    timeoutMs = timeoutMsDefault,
  }: { readonly timeoutMs?: number | undefined } = {}): Promise<void> {
    await new Promise<void>((resolve) => {
      if (open.size === 0) {
        resolve();
        return;
      }
      const timer = clock.after(timeoutMs, resolve, true);
      emptied = () => {
        timer.cancel();
        resolve();
      };
    });
    for (const channel of channels) unsubscribe(channel, note);
    if (open.size > 0) throw new Error(`still open after ${timeoutMs} ms: ${[...open.values()].join(", ")}`);
  }
  return {
    get open() {
      return [...open.values()];
    },
    check,
    [Symbol.asyncDispose]: () => check(),
  };
}

const channels = ["opened", "closed", "listening", "serverClosed", "datagramsOpened", "datagramsClosed"].map(
  (type) => `portcall:${type}`,
);

/** Connection numbers are unique only within one server. */
function keyOf(event: DiagnosticEvent & { readonly connection: number }): string {
  return `${event.server} ${event.connection}`;
}
