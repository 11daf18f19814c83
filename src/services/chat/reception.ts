/** Admission to a chat room: asks for a free name. */
import { NetError } from "../../base/errors.ts";
import type { ServiceClient } from "../service.ts";
import type { Member, Room } from "./room.ts";
import { cleanText, nameError } from "./text.ts";

/** A client that needs more attempts is probably not a person. */
const attemptsMax = 5;

/** Time to answer the question for a name. */
const answerTimeoutMs = 60_000;

/**
 * Asks for a name until it is valid and free, and adds the member at once, before another client can
 * take the name. Returns `undefined` if the client leaves or runs out of attempts.
 */
export async function admit(client: ServiceClient, room: Room, welcome: string): Promise<Member | undefined> {
  for (const line of welcome.split(/\r?\n/)) if (line !== "") await client.send(line);
  await client.send("* What is your name?");
  for (let attempts = 1; ; attempts++) {
    const answer = await answerOf(client);
    if (answer === null) return undefined;
    const name = cleanText(answer as string);
    const problem = nameProblem(name, room);
    if (problem === undefined) return room.enter(name, client);
    if (attempts === attemptsMax) {
      await client.send(`* ${problem} Come back with another. Goodbye.`);
      return undefined;
    }
    await client.send(`* ${problem} What is your name?`);
  }
}

/** The client's next line, or `null` if it leaves or takes too long. */
async function answerOf(client: ServiceClient): Promise<string | Uint8Array | null> {
  try {
    return await client.receive({ timeoutMs: answerTimeoutMs });
  } catch (error) {
    if (!(error instanceof NetError && error.code === "ERR_READ_TIMEOUT")) throw error;
    await client.send("* You did not answer in time. Goodbye.");
    return null;
  }
}

/** Why a name cannot be used in this room, or `undefined` if it can. */
export function nameProblem(name: string, room: Room): string | undefined {
  return nameError(name) ?? (room.isTaken(name) ? `The name ${name} is taken.` : undefined);
}
