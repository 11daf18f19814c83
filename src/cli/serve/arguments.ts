/**
 * The arguments of `serve`: what to serve, and where.
 */
import { quote } from "../../base/text/quote.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import { choices, suggest } from "../../base/text/suggest.ts";
import { portOfService } from "../args/service-names.ts";
import { UsageError } from "../usage.ts";

/** What the arguments name. Other files decide about what is left out. */
export interface ServeArguments {
  readonly service?: ServiceEntry;
  readonly file?: string;
  readonly addressArguments: readonly string[];
}

/**
 * A service or a file, an address, both in that order, or neither.
 *
 * A word that begins with `/`, `./` or `../`, or has the extension of a module, is a file. With -U, a single word is
 * the socket's path.
 */
export function parseServeArguments(words: readonly string[], onUnixSocket: boolean): ServeArguments {
  const [first, second] = words;
  if (first !== undefined && isFile(first) && !(onUnixSocket && second === undefined)) {
    return { file: first, addressArguments: words.slice(1) };
  }
  const service = services.find(({ name }) => name === first);
  if (service !== undefined) return { service, addressArguments: words.slice(1) };
  const names = services.map(({ name }) => name);
  const isPort =
    second !== undefined && (/^[0-9]+$/.test(second) || portOfService(second, "tcp") !== undefined);
  const isHost = isPort && !names.includes(second) && suggest(first ?? "", names) === undefined;
  if (!onUnixSocket && !isHost && /^[a-z]+$/i.test(first ?? "")) {
    throw new UsageError(`there is no service ${quote(first ?? "")}${choices(first ?? "", names)}`);
  }
  if (second !== undefined && (names.includes(second) || isFile(second))) {
    const what = isFile(second) ? "handler file" : "service";
    throw new UsageError(`write the ${what} first: ${second} ${first}`);
  }
  return { addressArguments: words };
}

function isFile(word: string): boolean {
  return /^\.{0,2}\//.test(word) || /\.[cm]?[jt]s$/.test(word);
}
