import {
  connect,
  formatAddress,
  lines,
  NetError,
  serve,
  type Connection,
  type ServeOptions,
  type Server,
} from "portcall";
import { chooseEngine, type Engine } from "portcall/engine";
import { FakeClock } from "portcall/testing";

export const clock: FakeClock = new FakeClock();
export const engine: Engine = chooseEngine("auto");

const options: ServeOptions<string, string> = { port: 0 };

async function main(): Promise<void> {
  const server: Server = await serve({ ...options, codec: lines() }, async (client) => {
    for await (const line of client) await client.send(line.toUpperCase());
  });
  const client: Connection<string, string> = await connect(formatAddress(server.address), { codec: lines() });
  await client.send("typed");
  // @ts-expect-error a line is a string
  const wrong: number = await client.receive();
  // @ts-expect-error there is no such option
  await connect("localhost:1", { nonsense: true }).catch((error: unknown) => error instanceof NetError);
  await client.close();
  await server.close();
  console.log(wrong);
}

void main();
