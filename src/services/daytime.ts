/** Daytime (RFC 867): sends the date and time in one line, and closes. */
import { encodeText } from "../base/bytes.ts";
import { raw } from "../codec/index.ts";
import { sendRaw, welcome, welcomeRaw } from "./answering.ts";
import type { Service, ServiceEntry, ServiceOptions } from "./service.ts";

export const daytime: ServiceEntry = {
  name: "daytime",
  brief: "sends the date and time, and closes (RFC 867)",
  takes: ["welcome"],
  create(options: ServiceOptions): Service {
    const framing = raw();
    return {
      framing,
      options: {},
      raw: {
        opened(connection) {
          welcomeRaw(connection, options);
          sendRaw(connection, `${daytimeText(new Date())}\r\n`);
          connection.close();
        },
        bytes() {},
      },
      async handle(client) {
        await welcome(client, framing, options);
        await client.write(`${daytimeText(new Date())}\r\n`);
      },
    };
  },
  createAnswer: () => () => encodeText(`${daytimeText(new Date())}\r\n`),
};

/** The form that the RFC proposes, as in `Sunday, November 22, 2026 17:37:43-UTC`. */
export function daytimeText(now: Date): string {
  const date = now.toLocaleDateString("en-US", {
    timeZone: "UTC",
    weekday: "long",
    month: "long",
    day: "numeric",
    year: "numeric",
  });
  return `${date} ${now.toISOString().slice(11, 19)}-UTC`;
}
