/** Portcall's raw mode: the handler echoes the very view it was given. */
import { serve } from "../../src/index.ts";
import { printReady } from "./ready.ts";

const server = await serve(
  { host: "127.0.0.1", port: 0 },
  {
    bytes(connection, view) {
      connection.write(view);
    },
  },
);
printReady(server.address);
