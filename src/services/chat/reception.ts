/**
 * How one gets into a chat room: by saying a name that is free.
 */
import { NetError } from "../../base/errors.ts";
import type { ServiceClient } from "../service.ts";
import type { Member, Room } from "./room.ts";
import { cleanText, whyNoName } from "./text.ts";

/** Whoever needs more tries is no person. */
const triesMax = 5;

/** So long may somebody think about a name. */
const answerTimeoutMs = 60_000;

/**
 * Asks for a name until there is one, and lets its bearer in at once, lest it is taken
 * meanwhile; `undefined` for a client that leaves, or cannot think of any.
 */
export async function admit(client: ServiceClient, room: Room, welcome: string): Promise<Member | undefined> {
  for (const line of welcome.split(/\r?\n/)) if (line !== "") await client.send(line);
  await client.send("* What is your name?");
  for (let tries = 1; ; tries++) {
    const answer = await answerOf(client);
    if (answer === null) return undefined;
    const name = cleanText(answer as string);
    const wrong = nameProblem(name, room);
    if (wrong === undefined) return room.enter(name, client);
    if (tries === triesMax) {
      await client.send(`* ${wrong} Come back with another. Goodbye.`);
      return undefined;
    }
    await client.send(`* ${wrong} What is your name?`);
  }
}

/** What a client says next; `null` if it leaves, or takes too long. */
async function answerOf(client: ServiceClient): Promise<string | Uint8Array | null> {
  try {
    return await client.receive({ timeoutMs: answerTimeoutMs });
  } catch (error) {
    if (!(error instanceof NetError && error.code === "ERR_READ_TIMEOUT")) throw error;
    await client.send("* You seem to be busy. Goodbye.");
    return null;
  }
}

/** Why somebody cannot be called so here; `undefined` if he can. */
export function nameProblem(name: string, room: Room): string | undefined {
  return whyNoName(name) ?? (room.isTaken(name) ? `There is a ${name} here already.` : undefined);
}
