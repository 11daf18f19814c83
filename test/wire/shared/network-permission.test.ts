/**
 * Node's permission model without the network, which Node 25 and later can deny. The model is simulated, so that
 * every Node can run this test. It does not cover what node:net would do.
 */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Engine } from "../../../src/engine.ts";
import { bindUdp, connect, connectUdp, NetError, serve } from "../../../src/index.ts";
import { forEachSocketEngine } from "../../support/engines.ts";

function denyNetwork(t: TestContext): void {
  const names = ["permission", "allowedNodeEnvironmentFlags"] as const;
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const);
  const denied = { permission: { has: () => false }, allowedNodeEnvironmentFlags: new Set(["--allow-net"]) };
  for (const name of names) Object.defineProperty(process, name, { value: denied[name], configurable: true });
  t.after(() => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(process, name);
      else Object.defineProperty(process, name, descriptor);
    }
  });
}

describe("without the permission to use the network", () => {
  forEachSocketEngine((createEngine) => {
    const calls: readonly (readonly [string, (engine: Engine) => Promise<unknown>])[] = [
      ["connect", (engine) => connect("127.0.0.1:1", { engine })],
      ["serve", (engine) => serve({ port: 0, engine }, () => undefined)],
      ["bind", (engine) => bindUdp({ port: 0, engine })],
      ["dial", (engine) => connectUdp("127.0.0.1:1", { engine })],
    ];
    for (const [name, call] of calls) {
      test(`${name} rejects, and says which option of Node grants it`, async (t) => {
        const engine = createEngine();
        denyNetwork(t);
        const error: unknown = await call(engine).catch((reason: unknown) => reason);
        assert.ok(error instanceof NetError);
        assert.equal(error.code, "ERR_ACCESS_DENIED");
        assert.match(error.message, /permission model denies the network; start Node with --allow-net/);
      });
    }
  });
});
