/**
 * What a line typed at `listen -k` means: something to say to all, or to one, or a
 * command. Pure; desk.ts does what it says.
 */
import { quote } from "../../base/text/quote.ts";
import { choices } from "../../base/text/suggest.ts";
import { parseRate } from "./rate.ts";

/** A line, understood. */
export type ConsoleCommand =
  | { readonly type: "say"; readonly text: string; readonly to: number | "all" }
  | { readonly type: "close" | "reset"; readonly client: number }
  | { readonly type: "slow"; readonly client: number; readonly bytesPerSecond: number }
  | { readonly type: "who" | "help" | "quit" }
  | { readonly type: "unclear"; readonly why: string };

interface CommandRow {
  readonly form: string;
  readonly brief: string;
  /** Reads the words behind the name. */
  readonly read: (words: readonly string[]) => ConsoleCommand;
}

const rows: Readonly<Record<string, CommandRow>> = {
  "/close": {
    form: "/close 3",
    brief: "end the connection with client 3 in good order (FIN)",
    read: ([number = "", ...more]) => aboutClient("close", number, more),
  },
  "/reset": {
    form: "/reset 3",
    brief: "cut it off (RST)",
    read: ([number = "", ...more]) => aboutClient("reset", number, more),
  },
  "/slow": {
    form: "/slow 3 10B/s",
    brief: "send to it, and read from it, no faster; or off",
    read: ([number = "", rate = "", ...more]) => slow(number, rate, more),
  },
  "/who": { form: "/who", brief: "who is here", read: (words) => alone("who", words) },
  "/help": { form: "/help", brief: "this", read: (words) => alone("help", words) },
  "/quit": {
    form: "/quit",
    brief: "say goodbye to all (FIN), and end when they have left",
    read: (words) => alone("quit", words),
  },
};

const names = Object.keys(rows);

/** What `/help` says, line by line. */
export const commandsHelp: readonly string[] = [
  ["hello", "send hello to everybody"],
  ["@3 hello", "send hello to client 3"],
  ...Object.values(rows).map(({ form, brief }) => [form, brief]),
  ["//hello, @@hello", "send /hello, @hello"],
].map(([form = "", brief = ""]) => `${form.padEnd(18)}${brief}`);

/** What a line without its LF means. */
export function parseConsoleCommand(line: string): ConsoleCommand {
  if (/^(\/\/|@@)/.test(line)) return { type: "say", text: line.slice(1), to: "all" };
  const addressed = /^@(\d+)(?: ([^]*))?$/.exec(line);
  if (addressed !== null) return { type: "say", text: addressed[2] ?? "", to: Number(addressed[1]) };
  if (!line.startsWith("/")) return { type: "say", text: line, to: "all" };
  const [name = "", ...words] = line.trim().split(/\s+/);
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row !== undefined) return row.read(words);
  return unclear(`there is no command ${quote(name)}${choices(name, names)}; // at the start sends it`);
}

function aboutClient(type: "close" | "reset", number: string, more: readonly string[]): ConsoleCommand {
  const client = clientNumber(number);
  return client === undefined || more.length > 0
    ? unclear(`/${type} needs the number of one client, as in /${type} 3`)
    : { type, client };
}

function slow(number: string, rate: string, more: readonly string[]): ConsoleCommand {
  const client = clientNumber(number);
  if (client === undefined || rate === "" || more.length > 0) {
    return unclear("/slow needs the number of a client and a rate, as in /slow 3 10B/s, or /slow 3 off");
  }
  const bytesPerSecond = rate === "off" ? Infinity : parseRate(rate);
  return bytesPerSecond === undefined
    ? unclear(`/slow: ${quote(rate)} is not a rate above 0, as in 10B/s, 4KiB/s, 1MB/s or off`)
    : { type: "slow", client, bytesPerSecond };
}

function alone(type: "who" | "help" | "quit", words: readonly string[]): ConsoleCommand {
  return words.length === 0
    ? { type }
    : unclear(`/${type} stands alone: ${quote(words.join(" "))} is too much`);
}

function unclear(why: string): ConsoleCommand {
  return { type: "unclear", why };
}

function clientNumber(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** What could stand in place of the word before the cursor, and that word. */
export interface Completion {
  readonly candidates: readonly string[];
  readonly word: string;
}

/** What Tab can put in place of the last word: a command, or the number of a client that is here. */
export function completeConsoleCommand(beforeCursor: string, clients: readonly number[]): Completion {
  const word = /\S*$/.exec(beforeCursor)?.[0] ?? "";
  const before = beforeCursor.slice(0, beforeCursor.length - word.length);
  const possible = (): string[] => {
    if (before === "" && word.startsWith("/")) return names.map((name) => `${name} `);
    if (before === "" && word.startsWith("@")) return clients.map((number) => `@${number} `);
    if (/^\/(close|reset|slow) +$/.test(before)) return clients.map((number) => `${number} `);
    return /^\/slow +\d+ +$/.test(before) ? ["off"] : [];
  };
  return { candidates: possible().filter((candidate) => candidate.startsWith(word)), word };
}
