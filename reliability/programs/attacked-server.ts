/** An echo server on an engine of choice: with `for await` and a codec, or with a raw handler. */
import { createTelnetSession, lines, serve, type Codec, type EngineChoice } from "../../src/index.ts";
import { codecByName } from "../../src/codec/index.ts";
import type { FramingName } from "../hostile/kinds.ts";
import { answer, say, settings } from "../../test/support/program-lines.ts";

const { framing, raw, ...options } = settings() as {
  readonly framing: FramingName;
  readonly raw: boolean;
  readonly engine: EngineChoice;
  readonly connectionsMax?: number;
};

function codecOf(name: FramingName): Codec<string | Uint8Array> {
  if (name === "lines") return lines({ lineBytesMax: 65_536 });
  return codecByName(name === "telnet" ? "lines" : name, "utf8");
}

const server = raw
  ? await serve(options, {
      bytes(client, view) {
        if (!client.write(view)) client.pause();
      },
      drained: (client) => client.resume(),
    })
  : await serve({ ...options, codec: codecOf(framing) }, async (client) => {
      if (framing === "telnet") client.useLayer(createTelnetSession({ role: "server" }));
      for await (const message of client) await client.send(message);
    });

say({ type: "ready", ...server.address });
answer({ connections: () => ({ connections: server.stats.connections }) });
