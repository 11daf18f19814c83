/** Portcall's raw mode. The echo sends the very view that it receives. */
import { serve, type RawHandler } from "../../src/index.ts";
import { benchOptions } from "./engines.ts";
import { chosen, printReady } from "./ready.ts";

const echo: RawHandler = {
  bytes(connection, view) {
    if (!connection.write(view)) connection.pause();
  },
  drained(connection) {
    connection.resume();
  },
};

const count: RawHandler = {
  opened(connection) {
    connection.data = 0;
  },
  bytes(connection, view) {
    connection.data = (connection.data as number) + view.length;
  },
  ended(connection) {
    connection.write(String(connection.data));
    connection.close();
  },
};

const server = await serve(benchOptions(), chosen({ echo, count }));
printReady(server.address);
