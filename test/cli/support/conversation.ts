/**
 * A conversation of the command, with real pipes for stdin and stdout and a far end that is
 * worked by hand.
 */
import type net from "node:net";
import type { TestContext } from "node:test";
import type { Child } from "../../support/command.ts";
import { passiveClient, passiveServer, portcallPiped, portOf, type Piped } from "./passive-peers.ts";

export type Role = "connect" | "listen";

export interface Conversation extends Piped {
  readonly child: Child;
  /** The far end, which neither reads nor sends by itself. */
  readonly peer: net.Socket;
}

/** A connection on which nothing has been sent yet. */
export async function startConversation(
  t: TestContext,
  role: Role,
  ...words: readonly string[]
): Promise<Conversation> {
  if (role === "connect") {
    const server = await passiveServer(t);
    const accepted = server.accept();
    const piped = portcallPiped(t, ["connect", ...words, "127.0.0.1", String(server.port)]);
    return { ...piped, peer: await accepted };
  }
  const piped = portcallPiped(t, ["listen", ...words, ":0"]);
  return { ...piped, peer: await passiveClient(t, { host: "127.0.0.1", port: await portOf(piped.child) }) };
}
