/** Good clients of an echo server of any framing: they send messages at a steady rate and expect the same bytes. */
import net, { type Socket } from "node:net";
import { framed } from "../hostile/framing.ts";
import type { FramingName } from "../hostile/kinds.ts";
import { answer, settings } from "../../test/support/program-lines.ts";
import { talk } from "./talk.ts";

const { source, clients } = settings() as { readonly source: string; readonly clients: number };

/** An answer that has not come so long after the last question counts as missing. */
const answerTimeoutMs = 10_000;

/** One client. It splits answers by length alone, and compares them with the sent data. */
class GoodClient {
  readonly #socket: Socket;
  readonly #framing: FramingName;
  readonly #asked: { readonly text: string; readonly resolve: (answer: string | undefined) => void }[] = [];
  #heard = "";
  #over = false;

  constructor(socket: Socket, framing: FramingName) {
    this.#framing = framing;
    this.#socket = socket.setNoDelay().setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("data", (text: string) => {
      this.#heard += text;
      // The options that a telnet server offers are left unanswered.
      if (framing === "telnet") this.#heard = this.#heard.replace(/\xff[\xfb-\xfe]./gs, "");
      this.#answer();
    });
    socket.on("close", () => {
      this.#over = true;
      this.#answer();
    });
  }

  /** Sends `line` as a message; resolves to it if the same comes back, to something else otherwise. */
  says(line: string): Promise<string | undefined> {
    this.#socket.write(framed(this.#framing, line), "latin1");
    return new Promise((resolve) => {
      this.#asked.push({ text: line, resolve });
      this.#answer();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #answer(): void {
    for (let next = this.#asked[0]; next !== undefined; next = this.#asked[0]) {
      const expected = framed(this.#framing, next.text);
      if (this.#heard.length < expected.length && !this.#over) return;
      const isRight = this.#heard.startsWith(expected);
      this.#heard = this.#heard.slice(expected.length);
      this.#asked.shift();
      next.resolve(isRight ? next.text : undefined);
    }
  }
}

let crowd: readonly GoodClient[] = [];

answer({
  async open({ port, framing }: { readonly port: number; readonly framing: FramingName }) {
    crowd = Array.from(
      { length: clients },
      () => new GoodClient(net.connect({ host: "127.0.0.1", port, localAddress: source }), framing),
    );
    const greeted = await Promise.all(crowd.map((client) => client.says("hello")));
    return { wrong: greeted.filter((answered) => answered !== "hello").length };
  },
  async talk({ everyMs, times }: { everyMs: number; times: number }) {
    const giveUp = setTimeout(close, everyMs * times + answerTimeoutMs);
    const talked = await talk(crowd, { everyMs, times });
    clearTimeout(giveUp);
    return talked;
  },
  close,
});

function close(): object {
  for (const client of crowd) client.destroy();
  return {};
}
