/** Every option `engine` accepts an engine or its name. Without one, the environment decides. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { createPortableEngine } from "../../src/engine.ts";
import { bindUdp, connect, connectUdp, formatAddress, serve } from "../../src/index.ts";
import { openPair } from "../../src/testing/index.ts";
import { engineOf, whyNoEpoll } from "../../src/wire/index.ts";

const variable = "PORTCALL_ENGINE";
const before = process.env[variable];
afterEach(() => {
  if (before === undefined) delete process.env[variable];
  else process.env[variable] = before;
});

type Options = { readonly engine?: "portable" | ReturnType<typeof createPortableEngine> };

/** Opens one of everything, closes it, and returns that it worked. */
async function openEverything(options: Options): Promise<void> {
  await using server = await serve(options, () => undefined);
  await using client = await connect(formatAddress(server.address), options);
  await using bound = await bindUdp(options);
  await using dialed = await connectUdp(formatAddress(bound.address), options);
  await using pair = await openPair(options);
  assert.ok(client.remote !== undefined && dialed.remote !== undefined && pair.client.remote !== undefined);
}

describe("an engine", () => {
  for (const [what, options] of [
    ["by its name", { engine: "portable" }],
    ["as an object", { engine: createPortableEngine() }],
    ["left out", {}],
  ] as const) {
    test(`${what} is taken by serve, connect, bind, dial and openPair`, () => openEverything(options));
  }

  test("is the one that the environment names, where none is given", () => {
    process.env[variable] = "portable";
    assert.equal(engineOf("engine", undefined).name, "portable");
  });

  test("is auto where the variable is empty", () => {
    delete process.env[variable];
    const auto = engineOf("engine", undefined).name;
    process.env[variable] = "";
    assert.equal(engineOf("engine", undefined).name, auto);
  });

  test("that is given wins over the environment", { skip: whyNoEpoll() }, () => {
    process.env[variable] = "portable";
    assert.equal(engineOf("engine", "auto").name, "epoll");
    assert.equal(engineOf("engine", "epoll").name, "epoll");
  });

  test("that the environment names wrongly is refused with the variable's name, by everything", async () => {
    process.env[variable] = "fast";
    const message = 'PORTCALL_ENGINE: engine "fast" is none of auto, epoll, io_uring, portable';
    for (const open of [
      () => serve({}, () => undefined),
      () => connect("127.0.0.1:9"),
      () => bindUdp(),
      () => connectUdp("127.0.0.1:9"),
    ]) {
      await assert.rejects(open, { name: "TypeError", message });
    }
    await openEverything({ engine: "portable" });
  });
});
