/**
 * A chat room: every line goes to all other members.
 *
 * A member cannot impersonate the room or another member (F78). The room's own lines begin with `* `.
 * A member's line follows its name, `<ada> hello`. Characters that begin a line, hide text or reverse
 * it are removed.
 */
import { onAbort } from "../../base/abort.ts";
import { systemClock } from "../../base/clock.ts";
import { lines } from "../../codec/index.ts";
import { withFinalReply } from "../answering.ts";
import { isCommand, runCommand } from "./commands.ts";
import { admit } from "./reception.ts";
import { Room } from "./room.ts";
import { cleanText } from "./text.ts";
import type { Framing, Service, ServiceClient, ServiceEntry, ServiceOptions } from "../service.ts";

/** Enough for a pasted paragraph. */
const lineBytesMax = 4_096;

export const chat: ServiceEntry = {
  name: "chat",
  brief: "a chat room: every line goes to all others; /help lists the commands",
  takes: ["welcome"],
  create(options: ServiceOptions): Service {
    const room = new Room(options.clock ?? systemClock);
    const framing = chatLines();
    return {
      framing,
      // A client that only listens may stay; one that never gives a name may not (reception.ts).
      options: { firstByteTimeoutMs: Infinity, idleTimeoutMs: Infinity },
      async handle(client, { drainSignal: draining }) {
        const stopListening = onAbort(draining, () => sendGoodbye(client));
        try {
          await withFinalReply(client, framing, () => stay(client, room, options.welcome));
        } finally {
          stopListening();
        }
      },
    };
  },
};

function sendGoodbye(client: ServiceClient): void {
  void client.send("* The room closes. Goodbye.").catch(() => undefined);
  void client.close();
}

async function stay(client: ServiceClient, room: Room, welcome: string | undefined): Promise<void> {
  const member = await admit(client, room, welcome ?? "* Welcome to the chat.");
  if (member === undefined) return;
  try {
    for await (const line of client) {
      const text = cleanText(line as string);
      if (isCommand(text)) {
        if (runCommand(text, member, room) === "leave") return;
      } else if (text !== "") {
        room.broadcast(`<${member.name}> ${text}`, member);
      }
      await room.catchUp();
    }
  } finally {
    room.leave(member);
  }
}

/** Sends lines with CR LF, as telnet does, and accepts CR LF and LF. Bytes are complete lines already. */
function chatLines(): Framing {
  const sent = lines({ ending: "crlf" });
  return {
    ...lines({ lineBytesMax }),
    name: "chat lines",
    encode: (message) => (typeof message === "string" ? sent.encode(message) : message),
  };
}
