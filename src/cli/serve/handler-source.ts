/**
 * The contract of an offer: what `serve` does for each client, be it a service, a
 * program or a handler file.
 */
import type { Connection, Handler, Server, ServeOptions } from "../../net/index.ts";

/** The options of a server, whatever its messages are. */
export type ServerOptions = Omit<ServeOptions<unknown, unknown>, "codec">;

export interface HandlerSource {
  /** What it is called where the command says that it listens. */
  readonly name: string;
  /** Options that it needs other than the usual; what the command line says goes before them. */
  readonly options: ServerOptions;
  /** Begins to serve; each client is met before its handler sees it. */
  readonly begin: (options: ServerOptions, meet: ClientSetup | undefined) => Promise<Server>;
  /** Where in the user's own files a handler failed, if it is one of the user's. */
  readonly locationOfError?: (error: unknown) => string | undefined;
  /** Lets go of what it holds, when its server has ended or could not begin. */
  readonly end?: () => Promise<void> | void;
}

/** What is done with each client first. */
export type ClientSetup = (client: Pick<Connection, "id" | "useLayer">) => void;

/** A handler whose clients have been met. */
export function afterSetup<In, Out>(
  meet: ClientSetup | undefined,
  handler: Handler<In, Out>,
): Handler<In, Out> {
  if (meet === undefined) return handler;
  return (client, server) => {
    meet(client);
    return handler(client, server);
  };
}
