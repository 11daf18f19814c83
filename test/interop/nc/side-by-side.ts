/**
 * One script, played by another's netcat and by `portcall nc`: what each prints, sends and
 * ends with.
 */
import { once } from "node:events";
import net from "node:net";
import type { TestContext } from "node:test";
import { portcall, start, type Child } from "../../support/command.ts";
import { freePort as freePortBetween } from "../../support/free-port.ts";
import { nc } from "../peers.ts";

/** Who plays: the two originals, and ours in the place of either. */
export type Program = "nc" | "ncat" | "ours";

export function play(
  t: TestContext,
  program: Program,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Child {
  if (program === "ours") return portcall(t, ["nc", ...args], { env });
  return start(t, program === "nc" ? nc : "ncat", args, { env });
}

/** A server that follows a script with each client, and what it has seen. */
export interface Stage {
  readonly port: number;
  /** All that its clients have sent, with `<fin>` where they ended. */
  readonly seen: () => string;
  readonly clients: () => readonly net.Socket[];
}

/** What a server does with a client. */
export type Script = (client: net.Socket) => void;

export const scripts = {
  /** Answers the first piece, and ends. */
  answers: (client) => client.once("data", (data) => client.end(`re:${String(data)}`)),
  /** Speaks when the client has ended, and only then. */
  countsAtFin: (client) => {
    let bytes = 0;
    client.on("data", (data) => {
      bytes += data.length;
    });
    client.on("end", () => client.end(`${bytes} bytes\n`));
  },
  /** Says something and ends its side; hears on. */
  greets: (client) => client.end("bye\n"),
  /** Waits for what it says to come back, and ends. */
  hearsItselfAndEnds: (client) => {
    client.write("echo\n");
    client.once("data", () => client.end());
  },
  silent: () => undefined,
} satisfies Record<string, Script>;

export async function stage(t: TestContext, script: Script, path?: string): Promise<Stage> {
  let seen = "";
  const clients: net.Socket[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    clients.push(client);
    client.on("error", () => undefined);
    client.on("data", (data) => {
      seen += data.toString("latin1");
    });
    client.on("end", () => {
      seen += "<fin>";
    });
    script(client);
  });
  if (path === undefined) server.listen(0, "127.0.0.1");
  else server.listen(path);
  await once(server, "listening");
  t.after(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    seen: () => seen,
    clients: () => clients,
  };
}

/** A free port below those that the system assigns, for programs that cannot let the system choose one. */
export async function freePort(): Promise<number> {
  return Number(await freePortBetween(10_000, 20_000));
}

/** What a plain client receives from a listener, with `<fin>` at the end of the stream. */
export async function exchange(
  port: number,
  words: string,
  { fin }: { readonly fin: boolean },
): Promise<string> {
  const client = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => undefined);
  let received = "";
  client.on("data", (data) => {
    received += String(data);
  });
  client.on("end", () => {
    received += "<fin>";
    client.end();
  });
  client.write(words);
  if (fin) client.end();
  // Reset or not: only the received data counts.
  await new Promise((resolve) => client.once("close", resolve));
  return received;
}
