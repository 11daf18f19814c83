/**
 * A handler source: what `serve` runs for each client. It is a service, a program or a handler file.
 */
import type { Connection, Handler, Server, ServeOptions } from "../../net/index.ts";

/** The options of a server, whatever its messages are. */
export type ServerOptions = Omit<ServeOptions<unknown, unknown>, "codec">;

export interface HandlerSource {
  /** Its name in the line that says where the command listens. */
  readonly name: string;
  /** Options that it needs. Those of the command line take precedence. */
  readonly options: ServerOptions;
  /** Starts the server. Each client is set up before its handler runs. */
  readonly begin: (options: ServerOptions, meet: ClientSetup | undefined) => Promise<Server>;
  readonly locationOfError?: (error: unknown) => string | undefined;
  /** Releases its resources after its server has closed or failed to start. */
  readonly end?: () => Promise<void> | void;
}

/** What to do with each client before its handler runs. */
export type ClientSetup = (client: Pick<Connection, "id" | "useLayer">) => void;

/** A handler that runs after the client setup. */
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
