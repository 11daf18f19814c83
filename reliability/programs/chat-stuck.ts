/** Members of a chat room who read no more, once they are in; told is when all of them have been put out. */
import { ChatMember } from "./chat-member.ts";
import { answer, say, settings } from "./lines.ts";

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
