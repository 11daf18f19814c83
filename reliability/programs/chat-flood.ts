/** A member of a chat room that sends as fast as the room accepts, and reads the other lines. */
import { ChatMember } from "./chat-member.ts";
import { answer, say, settings } from "../../test/support/program-lines.ts";

const { port, source } = settings() as { readonly port: number; readonly source: string };

/** Just below what a line of the chat may have. */
const line = "x".repeat(4_000);
const flooder = await ChatMember.enter(port, source, "flooder");
say({ type: "ready" });

answer({
  async flood({ bytes }: { readonly bytes: number }) {
    let said = 0;
    for (; said < bytes && !flooder.socket.destroyed; said += line.length) await flooder.says(line);
    return { said };
  },
});
