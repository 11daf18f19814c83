/**
 * Many clients of one echo server, in bare `node:net`.
 *
 * They connect from `source`, each says one line and hears it; then they are silent,
 * until some of them are asked to talk.
 */
import net from "node:net";
import { Conversation } from "./conversation.ts";
import { answer, say, settings } from "../../test/support/program-lines.ts";
import { talk } from "./talk.ts";

const { port, source, connections } = settings() as {
  readonly port: number;
  readonly source: string;
  readonly connections: number;
};

const connectingMax = 200;

const clients: Conversation[] = [];
let failed = 0;

/** One after the other, until there are enough. */
async function openSome(): Promise<void> {
  while (clients.length + failed < connections) {
    const socket = net.connect({ host: "127.0.0.1", port, localAddress: source });
    const client = new Conversation(socket.setNoDelay());
    clients.push(client);
    if ((await client.says("hello")) === undefined) {
      clients.splice(clients.indexOf(client), 1);
      failed++;
    }
  }
}

await Promise.all(Array.from({ length: connectingMax }, openSome));
say({ type: "opened", opened: clients.length, failed });

answer({
  talk: ({ talkers, everyMs, times }: { talkers: number; everyMs: number; times: number }) =>
    talk(clients.slice(0, talkers), { everyMs, times }),
});
