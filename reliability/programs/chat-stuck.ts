/** Members of a chat room that stop reading once they are in; reports when all of them are disconnected. */
import { ChatMember } from "./chat-member.ts";
import { answer, say, settings } from "../../test/support/program-lines.ts";

const { port, source, members } = settings() as {
  readonly port: number;
  readonly source: string;
  readonly members: number;
};

const stuck = await Promise.all(
  Array.from({ length: members }, (_, index) => ChatMember.enter(port, source, `stuck${index}`)),
);
for (const { socket } of stuck) socket.pause();
say({ type: "ready" });
answer({});
