/**
 * A chat room: each line goes to all other clients. `trySend` does not wait for slow readers: it disconnects a client with
 * more than 64 KiB of unread lines, so that one slow reader cannot fill the server's memory.
 *
 *     node build/examples/chat.js 7000          (0: any free port)
 */
import { formatAddress, lines, serve, type Connection } from "portcall";

const [port = "7000"] = process.argv.slice(2);
const people = new Map<string, Connection<string>>();

function tell(text: string, exceptFor?: string): void {
  for (const [name, client] of people) {
    if (name !== exceptFor) client.trySend(text, { policy: "disconnect", queueBytesMax: 65_536 });
  }
}

async function join(client: Connection<string>): Promise<void> {
  await client.send("What is your name?");
  const name = (await client.receive())?.trim() ?? "";
  if (!/^\w{1,20}$/.test(name) || people.has(name)) {
    await client.send("Another name, please. Goodbye.");
    return;
  }
  people.set(name, client);
  tell(`* ${name} has come; there are ${people.size} of us`);
  try {
    for await (const line of client) tell(`${name}: ${line.trimEnd()}`, name);
  } finally {
    people.delete(name);
    tell(`* ${name} has left`);
  }
}

const server = await serve({ port: Number(port), codec: lines(), idleTimeoutMs: Infinity }, join);
console.log(`listening on ${formatAddress(server.address)}`);
