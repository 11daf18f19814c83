/** Makes every socket call fail with every possible error, by the shim errno.c, and reports each result. */
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, serve, type EngineChoice } from "../../../src/index.ts";
import { chooseEngine } from "../../../src/wire/index.ts";
import { say, settings } from "../../support/program-lines.ts";

export interface ErrnoSettings {
  readonly engine: EngineChoice;
  readonly cases: readonly ErrnoCase[];
}

export interface ErrnoCase {
  readonly call: "connect" | "later" | "connect unix" | "bind" | "bind unix" | "listen" | "send" | "receive";
  readonly errno: number;
}

const { engine: choice, cases } = settings() as ErrnoSettings;
const engine = chooseEngine(choice);
const folder = mkdtempSync(join(tmpdir(), "portcall-errno-"));

/** Replies with the text after `say `. */
const parrot = net.createServer((socket) => {
  socket.on("error", () => undefined).on("data", (bytes) => socket.write(String(bytes).replace("say ", "")));
});
parrot.listen(0, "127.0.0.1");
await once(parrot, "listening");
const parrotPort = (parrot.address() as net.AddressInfo).port;

const handler = { bytes() {} };
const connectTimeoutMs = 5_000;

async function listens(options: { host: string; port: number } | { path: string }): Promise<void> {
  const server = await serve({ ...options, engine }, handler);
  await server.close({ drainMs: 0 });
}

/** Sends and receives until that fails. */
async function talks(text: string): Promise<void> {
  const connection = await connect(`127.0.0.1:${parrotPort}`, { engine });
  await connection.write(text);
  await connection.read();
  const { error } = await connection.closed;
  if (error !== undefined) throw error;
}

async function make({ call, errno }: ErrnoCase): Promise<void> {
  const host = "127.0.0.1";
  switch (call) {
    case "connect":
      return void (await connect(`${host}:${10_000 + errno}`, { engine, connectTimeoutMs }));
    case "later":
      return void (await connect(`${host}:9`, { engine, connectTimeoutMs, localPort: 11_000 + errno }));
    case "connect unix":
      return void (await connect(`unix:${folder}/a.connect-${errno}`, { engine, connectTimeoutMs }));
    case "bind":
      return listens({ host, port: 12_000 + errno });
    case "bind unix":
      return listens({ path: `${folder}/a.bind-${errno}` });
    case "listen":
      return listens({ host, port: 13_000 + errno });
    case "send":
      return talks(`send-${errno}.`);
    case "receive":
      return talks(`say receive-${errno}.`);
  }
}

for (const one of cases) {
  try {
    await make(one);
    say({ type: "outcome", ...one, error: undefined });
  } catch (error) {
    say({ type: "outcome", ...one, error });
  }
}
say({ type: "done" });
rmSync(folder, { recursive: true });
process.exit();
