/**
 * The addresses that several programs reach by the same names: nc, curl, node:net and the command, in sequence.
 *
 * A server on all addresses reports the one that was reached. The name server on 127.0.0.53 has scripted answers, and
 * records the queries of the command.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { startNameServer, type Zone } from "./dns-stub.ts";
import { hear, say, settings } from "../../support/program-lines.ts";

export interface ReachSettings {
  readonly names: readonly string[];
  readonly zones: Readonly<Record<string, Zone>>;
  readonly nc: string;
  readonly command: string;
}

/** The result of each name: the address that each program has reached, or "none". */
export interface ReachedBy {
  readonly name: string;
  readonly nc: string;
  readonly curl: string;
  readonly node: string;
  readonly portcall: string;
  readonly says: string;
  /** The queries of the command to the name server. */
  readonly asked: readonly string[];
}

const { names, zones, nc, command } = settings() as ReachSettings;
let asked: string[] = [];
await startNameServer("127.0.0.53", 53, zones, (name) => asked.push(name));

const server = net.createServer((socket) => {
  socket.on("error", () => {});
  // curl needs an answer to its request; the others send nothing.
  const address = (socket.localAddress ?? "").replace("::ffff:", "");
  socket.end(`HTTP/1.0 200 OK\r\n\r\n${address}\n`);
  socket.resume();
});
server.listen(0, "::");
await once(server, "listening");
const { port } = server.address() as net.AddressInfo;

async function run(program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 20_000 }, (_error, stdout, stderr) => {
      resolve({ stdout, stderr });
    });
    child.stdin?.end();
  });
}

function reached(stdout: string): string {
  return stdout.trim().split("\n").at(-1)?.trim() || "none";
}

async function byNode(host: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = net.connect({ host, port });
    socket.setEncoding("utf8").on("data", (text: string) => (received += text));
    socket.on("error", () => {
      resolve("none");
    });
    socket.on("end", () => {
      resolve(reached(received));
    });
  });
}

for (const name of names) {
  const inUrl = name.includes(":") ? `[${name.replace("%", "%25")}]` : name;
  const [viaNc, viaCurl] = [
    await run(nc, ["-w", "9", name, String(port)]),
    await run("curl", ["-s", "-m", "15", "--noproxy", "*", `http://${inUrl}:${port}/`]),
  ];
  const viaNode = await byNode(name);
  asked = [];
  const viaPortcall = await run(process.execPath, [command, "connect", name, String(port)]);
  say({
    type: "reached",
    name,
    nc: reached(viaNc.stdout),
    curl: reached(viaCurl.stdout),
    node: viaNode,
    portcall: reached(viaPortcall.stdout),
    says: viaPortcall.stderr,
    asked,
  });
}
say({ type: "done" });
hear(() => {});
