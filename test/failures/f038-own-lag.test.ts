/** F38: our own process was blocked while it connected, and the peer is not blamed for it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, NetError, serve } from "../../src/index.ts";

/** Blocks the event loop, as a long computation does. */
function calculate(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

describe("F38: an event loop that lags", () => {
  // Also by less than the delay that the timeouts of open connections tolerate.
  for (const lagMs of [6, 200]) {
    test(`by ${lagMs} ms does not make a connect timeout of an answer that is there`, async (t) => {
      const server = await serve({}, { bytes() {} });
      t.after(() => server.close({ drainMs: 0 }));
      const { address } = server;
      const connection = await connect(`${address.host}:${address.port}`, {
        connectTimeoutMs: 5,
        onEvent({ type }) {
          if (type !== "attemptStarted") return;
          // After the system call, which Node defers to the next tick, and before the first poll.
          process.nextTick(() => {
            process.nextTick(calculate, lagMs);
          });
        },
      });
      await connection.abort();
    });
  }

  test("does not make a resolve timeout of an answer that is there", async () => {
    const resolver = (): Promise<string[]> =>
      new Promise((resolve) => {
        // Like an answer over a socket: only a poll delivers it.
        setImmediate(resolve, ["127.0.0.1"]);
      });
    const connecting = connect("lag.test:9", { resolver, resolveTimeoutMs: 1 });
    calculate(30);
    await assert.rejects(connecting, (error) => error instanceof NetError && error.stage === "connect");
  });

  test("still ends in time when no answer comes", async () => {
    const resolver = (): Promise<string[]> => new Promise(() => undefined);
    const connecting = connect("lag.test:9", { resolver, resolveTimeoutMs: 1 });
    calculate(30);
    await assert.rejects(
      connecting,
      (error) => error instanceof NetError && error.code === "ERR_RESOLVE_TIMEOUT",
    );
  });
});
