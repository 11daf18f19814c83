/**
 * A client joined to its program: the client's bytes go to stdin, and stdout goes to the client.
 *
 *     client ──▶ stdin        FIN ──▶ its end       each direction goes as fast as
 *     client ◀── stdout       FIN ◀── its end       its reader reads
 *
 * The relay is over when the program has ended and its output is sent, or when the client has disconnected. Then the
 * rest of the program's group is ended (F95).
 */
import type { Readable, Writable } from "node:stream";
import { pause, type Clock } from "../../../base/clock.ts";
import type { Connection } from "../../../net/index.ts";
import { withCrlf } from "../../tty/crlf.ts";
import { answerTo, withoutBrowsers, type Refused } from "./guard.ts";
import type { Program, ProgramExit } from "./program.ts";

/** After one side has ended: how long the other may still work on what is left. */
const leftoverMs = 2_000;

/** What can differ between relays. */
export interface ProgramRelayPolicy {
  /** Sends each LF of the program as CR LF. */
  readonly crlf?: boolean;
  /** Called if the client is a web browser. Without it, browsers are accepted. */
  readonly refused?: ((refused: Refused) => void) | undefined;
}

export async function joinProgram(
  client: Connection,
  program: Program,
  clock: Clock,
  { crlf = false, refused }: ProgramRelayPolicy,
): Promise<ProgramExit> {
  const delivery = new Delivery(program.stdout, client, crlf);
  const turnedAway = new Promise<"refused">((resolve) => {
    const turnAway = (browser: Refused): void => {
      refused?.(browser);
      // A browser that does not read must not delay the close.
      void client.write(answerTo(browser)).catch(() => undefined);
      resolve("refused");
    };
    void feed(refused === undefined ? client : withoutBrowsers(client, turnAway), program.stdin);
  });
  const exited = program.exited.then(() => "exited" as const);
  const first = await Promise.race([exited, client.closed, turnedAway]);
  if (first === "exited") {
    // Its child processes may still print.
    await Promise.race([delivery.settled(clock, leftoverMs), client.closed]);
  } else if (first !== "refused" && first.how === "fin") {
    // Both have sent everything; the program may still have work to finish.
    await Promise.race([program.exited, pause(clock, leftoverMs, true)]);
  }
  await program.endGroup();
  delivery.stop();
  return program.exited;
}

/** Passes on the client's bytes, then its end of stream. What the program does not read is discarded. */
async function feed(received: AsyncIterable<Uint8Array>, stdin: Writable): Promise<void> {
  try {
    for await (const chunk of received) {
      if (stdin.writable && !stdin.write(chunk)) await roomIn(stdin);
    }
  } catch {
    // The client has disconnected; its close info shows how.
  }
  stdin.end();
}

/** Resolves when stdin has room again, or is closed. */
function roomIn(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off("drain", done).off("close", done);
      resolve();
    };
    stdin.on("drain", done).on("close", done);
  });
}

/** A program's output on its way to the client. */
class Delivery {
  readonly #stdout: Readable;
  readonly #done: Promise<"done">;
  #chunks = 0;
  #isSending = false;

  constructor(stdout: Readable, client: Connection, crlf: boolean) {
    this.#stdout = stdout;
    const printed = stdout as AsyncIterable<Uint8Array>;
    this.#done = this.#deliver(client, crlf ? withCrlf(printed) : printed);
  }

  /** Resolves when everything is sent, or when nothing was printed for this long. */
  async settled(clock: Clock, quietMs: number): Promise<void> {
    for (let seen = -1; this.#isSending || seen !== this.#chunks;) {
      seen = this.#chunks;
      if ((await Promise.race([this.#done, pause(clock, quietMs, true)])) === "done") return;
    }
  }

  /** Closes stdout, which a process outside the group may keep open. */
  stop(): void {
    this.#stdout.destroy();
  }

  async #deliver(client: Connection, printed: AsyncIterable<Uint8Array>): Promise<"done"> {
    try {
      for await (const chunk of printed) {
        this.#isSending = true;
        await client.write(chunk);
        this.#isSending = false;
        this.#chunks++;
      }
    } catch {
      // The client has disconnected, or no process is left that could print.
    }
    this.#isSending = false;
    await client.end().catch(() => undefined);
    return "done";
  }
}
