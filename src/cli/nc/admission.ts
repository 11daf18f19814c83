/**
 * `--allow`, `--deny` and their files: the addresses whose connections and datagrams are accepted.
 */
import { readFileSync } from "node:fs";
import { isInBlock, parseAddressBlock } from "../../base/address/address-block.ts";
import { systemClock } from "../../base/clock.ts";
import { quote } from "../../base/text/quote.ts";
import type { ListeningSocket } from "../session/udp/peer.ts";
import { UsageError } from "../usage.ts";
import { addressBlocks } from "../args/values.ts";
import type { NcValues } from "./flag-row.ts";

/** The rules in the form of the library's `serve`. */
export interface Admission {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

/**
 * Reads the rules of a line. An `--allow` without entries, such as an empty file, accepts no address.
 *
 * @throws {UsageError} for a file that cannot be read, or an invalid entry.
 */
export function admissionOf({ allow, allowfile, deny, denyfile }: NcValues): Admission {
  const accepted = [...(allow ?? []), ...entriesOf(allowfile)];
  const rejected = [...(deny ?? []), ...entriesOf(denyfile)];
  return {
    ...((allow ?? allowfile) === undefined ? {} : { allow: accepted }),
    ...(rejected.length > 0 ? { deny: rejected } : {}),
  };
}

/** The same socket without datagrams from rejected addresses. */
export function admitting(socket: ListeningSocket, { allow, deny = [] }: Admission): ListeningSocket {
  if (allow === undefined && deny.length === 0) return socket;
  const [accepted, rejected] = [allow, deny].map((list) => list?.map(parseAddressBlock));
  const isAccepted = (host: string): boolean =>
    (accepted?.some((block) => isInBlock(block, host)) ?? true) &&
    rejected?.some((block) => isInBlock(block, host)) !== true;
  return {
    async receive({ timeoutMs = Infinity, ...options } = {}) {
      const untilMs = systemClock.now() + timeoutMs;
      for (;;) {
        const left = Math.max(0, untilMs - systemClock.now());
        const datagram = await socket.receive({ ...options, timeoutMs: left });
        if (datagram === null || isAccepted(datagram.from.host)) return datagram;
      }
    },
    sendTo: (bytes, to) => socket.sendTo(bytes, to),
    get stats() {
      return socket.stats;
    },
    close: () => socket.close(),
  };
}

/** The entries of files, as in ncat: a line may hold several, and `#` starts a comment. */
function entriesOf(paths: readonly string[] = []): readonly string[] {
  return paths.flatMap((path) => {
    const lines = textOf(path).split("\n");
    const words = lines.flatMap((line) => line.replace(/#.*/, "").split(/\s+/));
    return words.filter(Boolean).flatMap((entry) => addressBlocks(entry, `in ${quote(path)}`));
  });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${quote(path)} (${(error as NodeJS.ErrnoException).code})`);
  }
}
