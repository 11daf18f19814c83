/**
 * The contract of an offer: what `serve` does for each client, be it a service, a
 * program or a handler file.
 */
import type { Server, ServeOptions } from "../../net/index.ts";

/** The options of a server, whatever its messages are. */
export type ServerOptions = Omit<ServeOptions<unknown, unknown>, "codec">;

export interface Offer {
  /** What it is called where the command says that it listens. */
  readonly name: string;
  /** Options that it needs other than the usual; what the command line says goes before them. */
  readonly options: ServerOptions;
  /** Begins to serve. */
  readonly begin: (options: ServerOptions) => Promise<Server>;
  /** Where in the user's own files a handler failed, if it is one of the user's. */
  readonly placeOfError?: (error: unknown) => string | undefined;
  /** Lets go of what it holds, when its server has ended or could not begin. */
  readonly end?: () => Promise<void> | void;
}
