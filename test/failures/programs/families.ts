/** Listens in the given ways, connects to each from several hosts, and reports the results. */
import { connect, formatAddress, NetError, serve } from "../../../src/index.ts";
import { hear, say, settings } from "../../support/program-lines.ts";

export interface Listening {
  readonly host: string;
  readonly ipv6Only?: boolean;
  /** Hosts to connect to, on its port. */
  readonly reach: readonly string[];
}

export interface Reached {
  readonly host: string;
  /** The listening addresses without the port, or why it does not listen. */
  readonly addresses: readonly string[] | string;
  /** For each host, the client's address as the server sees it, or the error code. */
  readonly reached: Readonly<Record<string, string>>;
}

function bare(text: string): string {
  return text.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

async function tryOut({ host, reach, ...options }: Listening): Promise<Reached> {
  let remote = "";
  try {
    const server = await serve(
      { ...options, host },
      {
        opened(client) {
          remote = client.remote === undefined ? "" : bare(formatAddress(client.remote));
          client.write("welcome\n");
        },
        bytes() {},
      },
    );
    const { port } = server.address;
    const reached: Record<string, string> = {};
    for (const one of reach) {
      try {
        const connection = await connect(`${one.includes(":") ? `[${one}]` : one}:${port}`);
        await connection.readLine();
        reached[one] = remote;
        await connection.close();
      } catch (error) {
        reached[one] = error instanceof NetError ? error.code : String(error);
      }
    }
    const addresses = server.addresses.map((one) => bare(formatAddress(one)));
    await server.close({ drainMs: 0 });
    return { host, addresses, reached };
  } catch (error) {
    return { host, addresses: error instanceof NetError ? error.message : String(error), reached: {} };
  }
}

for (const listening of (settings() as { readonly listen: readonly Listening[] }).listen) {
  say({ type: "reached", ...(await tryOut(listening)) });
}
say({ type: "done" });
hear(() => {});
