const { connect, formatAddress, NetError, serve } = require("portcall");
const { openPair } = require("portcall/testing");

test("serves and connects", async () => {
  const server = await serve({ port: 0 }, (client) => client.write("hello"));
  const client = await connect(formatAddress(server.address));
  expect(new TextDecoder().decode(await client.readExactly(5))).toBe("hello");
  await client.close();
  await server.close();
});

test("has one copy of its errors for the library and its tools for tests", async () => {
  const pair = await openPair();
  pair.client.abort();
  const error = await pair.client.read().catch((reason) => reason);
  expect(error).toBeInstanceOf(NetError);
  await pair.close();
});
