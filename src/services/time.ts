/** Time (RFC 868): sends the seconds since 1900 as four bytes, and closes. */
import { raw } from "../codec/index.ts";
import { sendRaw } from "./answering.ts";
import type { Service, ServiceEntry } from "./service.ts";

/** From 1900-01-01 to 1970-01-01, as the RFC states it. */
const secondsFrom1900To1970 = 2_208_988_800;

export const time: ServiceEntry = {
  name: "time",
  brief: "sends the seconds since 1900 as four bytes, and closes (RFC 868)",
  takes: [],
  create(): Service {
    return {
      framing: raw(),
      options: {},
      raw: {
        opened(connection) {
          sendRaw(connection, timeBytes(Date.now()));
          connection.close();
        },
        bytes() {},
      },
      async handle(client) {
        await client.write(timeBytes(Date.now()));
      },
    };
  },
  createAnswer: () => () => timeBytes(Date.now()),
};

/** Big-endian; the count wraps in 2036, as the RFC says. */
export function timeBytes(unixMs: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, (Math.floor(unixMs / 1000) + secondsFrom1900To1970) >>> 0);
  return bytes;
}
