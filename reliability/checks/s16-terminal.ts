/** S16: what a peer sends is shown on a terminal and not obeyed, and is what it was in a pipe. */
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { projectPath } from "../../bench/project.ts";
import { createTerminalFilter } from "../../src/cli/tty/terminal-text.ts";
import { Child } from "../../test/support/child.ts";
import { besideEveryByte, countUnsafe, cutsOf, sequences } from "../hostile-bytes.ts";
import { runs } from "../presence.ts";
import type { Figure, Run, Check } from "../check.ts";

/** The last that is sent; when it is shown, everything has been. */
const lastLine = "the end\n";
const portcall = [process.execPath, projectPath("bin/portcall.js")];
/** Only stdout is the terminal: on a terminal as stdin, the line editor would add bytes of its own. */
const onTerminal = ["python3", projectPath("test/cli/support/on-terminal.py"), "1", ...portcall];

export const terminalSafety: Check = {
  name: "S16",
  title: "no terminal obeys what a peer sends",
  how:
    `Each C0 control, DEL, and each C1 control as a byte and in UTF-8, before and after each of the 256 bytes, and ${sequences.length} sequences that terminals obey or that hide text. ` +
    `The command's own filter, in this process, gets each under every cut. Sequences of more than 12 bytes are cut at any two places. ` +
    `No control but LF and TAB may come out, nor any character that hides or reverses text, and every cut must show the same. ` +
    `Then \`connect\` gets all of it with a pseudo-terminal as stdout, in one piece and, the sequences, a byte at a time. ` +
    `With a pipe as stdout, \`connect\` must pass the bytes on unchanged.`,
  missing: () => runs("python3", "-c", "import pty"),
  async measure(run) {
    const filtered = checkFilter(run);
    const everything = Buffer.concat([...besideEveryByte(), ...sequences, Buffer.from(`\n${lastLine}`)]);
    const someOfIt = Buffer.concat([...sequences, Buffer.from(`\n${lastLine}`)]);
    const whole = (await printed(onTerminal, inOnePiece(everything))).toString();
    const byBytes = (await printed(onTerminal, byteByByte(someOfIt))).toString();
    const piped = await printed(portcall, inOnePiece(everything));
    run.log({ ...filtered, terminal: whole.length, byBytes: byBytes.length, piped: piped.length });
    const incomplete = [whole, byBytes].filter((text) => !text.endsWith(`\n${lastLine}`)).length;
    return [
      { what: "cuts shown by the filter", value: filtered.cuts, target: { atLeast: 100_000 } },
      { what: "controls that the filter lets pass", value: filtered.unsafe, target: none },
      { what: "cuts that show something else", value: filtered.different, target: none },
      { what: "controls on a terminal, in one piece", value: countUnsafe(whole), target: none },
      { what: "controls on a terminal, a byte at a time", value: countUnsafe(byBytes), target: none },
      { what: "terminals that were not shown everything", value: incomplete, target: none },
      { what: "bytes of a pipe that are others", value: countOthers(piped, everything), target: none },
    ];
  },
};

const none: Figure["target"] = { atMost: 0 };

function checkFilter(run: Run): { cuts: number; unsafe: number; different: number } {
  const found = { cuts: 0, unsafe: 0, different: 0 };
  for (const bytes of [...besideEveryByte(), ...sequences]) {
    const shownWhole = shown([bytes]);
    for (const pieces of cutsOf(bytes)) {
      const text = shown(pieces);
      const wrong = { unsafe: countUnsafe(text), different: text === shownWhole ? 0 : 1 };
      found.cuts++;
      found.unsafe += wrong.unsafe;
      found.different += wrong.different;
      if (wrong.unsafe + wrong.different > 0)
        run.log({ ...wrong, pieces: pieces.map((piece) => Buffer.from(piece).toString("hex")) });
    }
  }
  return found;
}

function shown(pieces: readonly Uint8Array[]): string {
  const filter = createTerminalFilter();
  return pieces.map((piece) => filter.write(piece)).join("") + filter.flush();
}

type Sender = (socket: Socket) => Promise<void>;

const inOnePiece =
  (bytes: Uint8Array): Sender =>
  async (socket) => {
    socket.end(bytes);
  };

const byteByByte =
  (bytes: Uint8Array): Sender =>
  async (socket) => {
    socket.setNoDelay();
    // Each is in the kernel before the next is sent; whether they arrive apart is the reader's doing.
    for (const byte of bytes)
      await new Promise((resolve) => {
        socket.write(Uint8Array.of(byte), resolve);
      });
    socket.end();
  };

/** All that the command prints of what is sent to it. */
async function printed(command: readonly string[], send: Sender): Promise<Buffer> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.resume();
    void send(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const [program, ...words] = [...command, "connect", "127.0.0.1", String(port)];
  const child = new Child(program, words, { stdio: ["ignore", "pipe", "ignore"] });
  await child.exited;
  server.close();
  return child.bytes();
}

function countOthers(received: Buffer, sent: Buffer): number {
  let others = Math.abs(received.length - sent.length);
  for (let index = 0; index < Math.min(received.length, sent.length); index++)
    if (received[index] !== sent[index]) others++;
  return others;
}
