/**
 * A chat room: what one says, all others hear.
 *
 * Nobody can speak for the room or for somebody else (F78): the room's own lines begin
 * with `* `, what people say stands behind their name, `<ada> hello`, and no character
 * that starts a line, hides or turns the text round gets through.
 */
import { onAbort } from "../../base/abort.ts";
import { systemClock } from "../../base/clock.ts";
import { lines } from "../../codec/index.ts";
import { withFinalReply } from "../answering.ts";
import { isCommand, obey } from "./commands.ts";
import { admit } from "./reception.ts";
import { Room } from "./room.ts";
import { cleanText } from "./text.ts";
import type { Framing, Service, ServiceClient, ServiceEntry, ServiceOptions } from "../service.ts";

/** Long enough for a paragraph that is pasted. */
const lineBytesMax = 4_096;

export const chat: ServiceEntry = {
  name: "chat",
  brief: "a chat room: everybody hears what one says; /help tells the rest",
  takes: ["welcome"],
  create(options: ServiceOptions): Service {
    const room = new Room(options.clock ?? systemClock);
    const framing = chatLines();
    return {
      framing,
      // Whoever only listens is welcome; who never says a name is not (reception.ts).
      options: { firstByteTimeoutMs: Infinity, idleTimeoutMs: Infinity },
      async handle(client, { drainSignal: draining }) {
        const stopListening = onAbort(draining, () => sayGoodbye(client));
        try {
          await withFinalReply(client, framing, () => stay(client, room, options.welcome));
        } finally {
          stopListening();
        }
      },
    };
  },
};

function sayGoodbye(client: ServiceClient): void {
  void client.send("* The room closes. Goodbye.").catch(() => undefined);
  void client.close();
}

/** One client's time in the room. */
async function stay(client: ServiceClient, room: Room, welcome: string | undefined): Promise<void> {
  const member = await admit(client, room, welcome ?? "* Welcome to the chat.");
  if (member === undefined) return;
  try {
    for await (const line of client) {
      const said = cleanText(line as string);
      if (isCommand(said)) {
        if (obey(said, member, room) === "leave") return;
      } else if (said !== "") {
        room.hears(`<${member.name}> ${said}`, member);
      }
      await room.catchUp();
    }
  } finally {
    room.leave(member);
  }
}

/** Lines of telnet, as they are sent; CR LF and LF alone may end one that comes. Bytes are lines already. */
function chatLines(): Framing {
  const sent = lines({ ending: "crlf" });
  return {
    ...lines({ lineBytesMax }),
    name: "chat lines",
    encode: (message) => (typeof message === "string" ? sent.encode(message) : message),
  };
}
