/**
 * A client and its program, joined: what the one sends is the other's stdin, what the
 * other prints goes to the one.
 *
 *     client ──▶ stdin        FIN ──▶ its end       each direction goes as fast as
 *     client ◀── stdout       FIN ◀── its end       its reader reads
 *
 * It is over when the program has ended and what it printed is sent, or when the
 * client has gone; whatever is left of the program's group is ended then (F95).
 */
import type { Readable, Writable } from "node:stream";
import { pause, type Clock } from "../../../base/clock.ts";
import type { Connection } from "../../../net/index.ts";
import { withCrlf } from "../../tty/crlf.ts";
import { answerTo, withoutBrowsers, type Refused } from "./guard.ts";
import type { Program, ProgramExit } from "./program.ts";

/** When one side is done: how long the other may still be busy with what is left. */
const leftoverMs = 2_000;

/** What is special about a conversation. */
export interface ProgramRelayPolicy {
  /** Sends each LF of the program as CR LF. */
  readonly crlf?: boolean;
  /** Called with a client that is a web browser; without it, browsers are let in. */
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
      // Nobody waits for a browser that does not read.
      void client.write(answerTo(browser)).catch(() => undefined);
      resolve("refused");
    };
    void feed(refused === undefined ? client : withoutBrowsers(client, turnAway), program.stdin);
  });
  const exited = program.exited.then(() => "exited" as const);
  const first = await Promise.race([exited, client.closed, turnedAway]);
  if (first === "exited") {
    // What it has started may still be printing.
    await Promise.race([delivery.settled(clock, leftoverMs), client.closed]);
  } else if (first !== "refused" && first.how === "fin") {
    // Both have said everything; it may still have something to put away.
    await Promise.race([program.exited, pause(clock, leftoverMs, true)]);
  }
  await program.endGroup();
  delivery.stop();
  return program.exited;
}

/** Hands on what the client sends, then its end. What a program does not want is thrown away. */
async function feed(said: AsyncIterable<Uint8Array>, stdin: Writable): Promise<void> {
  try {
    for await (const chunk of said) {
      if (stdin.writable && !stdin.write(chunk)) await roomIn(stdin);
    }
  } catch {
    // The client has gone; its ending tells how.
  }
  stdin.end();
}

/** Resolves when the program has read on, or will never again. */
function roomIn(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off("drain", done).off("close", done);
      resolve();
    };
    stdin.on("drain", done).on("close", done);
  });
}

/** What a program prints, on its way to the client. */
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

  /** Resolves when everything is sent, or nothing has been printed for so long. */
  async settled(clock: Clock, quietMs: number): Promise<void> {
    for (let seen = -1; this.#isSending || seen !== this.#chunks;) {
      seen = this.#chunks;
      if ((await Promise.race([this.#done, pause(clock, quietMs, true)])) === "done") return;
    }
  }

  /** Lets go of a stdout that somebody outside the group may hold for ever. */
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
      // The client has gone, or nobody is left who could print.
    }
    this.#isSending = false;
    await client.end().catch(() => undefined);
    return "done";
  }
}
