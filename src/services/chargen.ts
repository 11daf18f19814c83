/** Character generator (RFC 864): sends lines of printable characters until the client leaves. */
import { encodeText } from "../base/bytes.ts";
import { raw } from "../codec/index.ts";
import type { RawConnection, RawHandler } from "../net/index.ts";
import { welcome, welcomeRaw } from "./answering.ts";
import type { Service, ServiceClient, ServiceEntry, ServiceOptions } from "./service.ts";

const lineCharacters = 72;
const firstPrintable = 0x20;
const printables = 95;
/** Maximum length of a datagram by the RFC. */
const datagramCharactersMax = 512;

export const chargen: ServiceEntry = {
  name: "chargen",
  brief: "sends lines of characters until the client leaves (RFC 864)",
  takes: ["welcome"],
  create(options: ServiceOptions): Service {
    const framing = raw();
    return {
      raw: rawChargen(options),
      framing,
      // The client does not need to send; the write stall timeout detects one that does not read.
      options: { firstByteTimeoutMs: Infinity, idleTimeoutMs: Infinity },
      async handle(client, { drainSignal: draining }) {
        await welcome(client, framing, options);
        void throwAwayInput(client);
        const page = encodeText(pattern());
        while (client.closeInfo === undefined && !draining.aborted) await client.write(page);
      },
    };
  },
  createAnswer() {
    const page = encodeText(pattern());
    let first = 0;
    return (_question, bytesMax) => {
      // Each answer begins one line further, so that answers differ.
      first = (first + lineCharacters + 2) % (page.length - datagramCharactersMax);
      return page.subarray(first, first + Math.min(bytesMax, datagramCharactersMax));
    };
  },
};

/** Bytes sent to a client that reads fast before other connections get their turn. */
const turnBytes = 262_144;

interface Generator {
  readonly draining: AbortSignal;
  /** Whether `setImmediate` will send the next pages. */
  scheduled: boolean;
}

function rawChargen(options: ServiceOptions): RawHandler {
  const page = encodeText(pattern());
  function sendPages(connection: RawConnection, generator: Generator): void {
    for (let sent = 0; connection.writable; sent += page.length) {
      if (generator.draining.aborted) {
        connection.close();
      } else if (sent >= turnBytes) {
        generator.scheduled = true;
        setImmediate(() => {
          generator.scheduled = false;
          sendPages(connection, generator);
        });
        return;
      } else if (!connection.write(page)) {
        // `drained` continues.
        return;
      }
    }
  }
  return {
    opened(connection, { drainSignal: draining }) {
      const generator: Generator = { draining, scheduled: false };
      connection.data = generator;
      welcomeRaw(connection, options);
      if (connection.pendingBytes === 0) sendPages(connection, generator);
    },
    bytes() {},
    // A client that has sent FIN may still read.
    ended() {},
    drained(connection) {
      const generator = connection.data as Generator;
      if (!generator.scheduled) sendPages(connection, generator);
    },
  };
}

/** One period of the pattern: 95 lines, each shifted by one character. */
function pattern(): string {
  let text = "";
  for (let first = 0; first < printables; first++) {
    for (let column = 0; column < lineCharacters; column++) {
      text += String.fromCharCode(firstPrintable + ((first + column) % printables));
    }
    text += "\r\n";
  }
  return text;
}

async function throwAwayInput(client: ServiceClient): Promise<void> {
  try {
    for await (const _ of client);
  } catch {
    // The connection has closed; `handle` sees the reason when it writes.
  }
}
