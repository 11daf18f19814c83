/**
 * Remote calls, server and client: JSON messages with a length prefix (u32be). The client's calls have the types of
 * the server's functions. An invalid length or invalid JSON closes that client's connection only.
 *
 *     node build/examples/length-prefixed-rpc.js 7000              serves    (0: any free port)
 *     node build/examples/length-prefixed-rpc.js 127.0.0.1:7000    calls
 */
import { connect, formatAddress, lengthPrefixed, serve } from "portcall";

const procedures = { add: (a: number, b: number) => a + b, upper: (text: string) => text.toUpperCase() };
type Procedures = typeof procedures;
type Answer<Result> = { readonly result: Result } | { readonly error: string };

const codec = lengthPrefixed({ prefix: "u32be", messageBytesMax: 65_536 });
const parse = (frame: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(frame));

function perform(name: string, args: readonly unknown[]): Answer<unknown> {
  if (!Object.hasOwn(procedures, name)) return { error: `there is no procedure ${name}` };
  return { result: (procedures[name as keyof Procedures] as (...args: unknown[]) => unknown)(...args) };
}

const [where = "7000"] = process.argv.slice(2);
if (/^\d+$/.test(where)) {
  const server = await serve({ port: Number(where), codec }, async (client) => {
    for await (const frame of client) {
      const { name, args } = parse(frame) as { name: string; args: unknown[] };
      await client.send(JSON.stringify(perform(name, args)));
    }
  });
  console.log(`listening on ${formatAddress(server.address)}`);
} else {
  await using server = await connect(where, { codec });
  async function call<Name extends keyof Procedures>(name: Name, ...args: Parameters<Procedures[Name]>) {
    await server.send(JSON.stringify({ name, args }));
    const answer = parse((await server.receive()) as Uint8Array) as Answer<ReturnType<Procedures[Name]>>;
    if ("error" in answer) throw new Error(answer.error);
    return answer.result;
  }
  console.log(await call("add", 2, 40), await call("upper", "hello"));
}
