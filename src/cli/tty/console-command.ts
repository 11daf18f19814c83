/**
 * Parses a line typed at `listen -k`: text for all clients or for one, or a command. Pure; session/client-console.ts
 * carries it out.
 */
import { quote } from "../../base/text/quote.ts";
import { choices } from "../../base/text/suggest.ts";
import { parseRate } from "./rate.ts";

export type ConsoleCommand =
  | { readonly type: "say"; readonly text: string; readonly to: number | "all" }
  | { readonly type: "close" | "reset"; readonly client: number }
  | { readonly type: "slow"; readonly client: number; readonly bytesPerSecond: number }
  | { readonly type: "who" | "help" | "quit" }
  | { readonly type: "unclear"; readonly why: string };

interface CommandRow {
  readonly form: string;
  readonly brief: string;
  readonly read: (words: readonly string[]) => ConsoleCommand;
}

const rows: Readonly<Record<string, CommandRow>> = {
  "/close": {
    form: "/close 3",
    brief: "close the connection with client 3 (FIN)",
    read: ([number = "", ...more]) => aboutClient("close", number, more),
  },
  "/reset": {
    form: "/reset 3",
    brief: "reset it (RST)",
    read: ([number = "", ...more]) => aboutClient("reset", number, more),
  },
  "/slow": {
    form: "/slow 3 10B/s",
    brief: "limit the rate in both directions; or off",
    read: ([number = "", rate = "", ...more]) => slow(number, rate, more),
  },
  "/who": { form: "/who", brief: "list the clients", read: (words) => alone("who", words) },
  "/help": { form: "/help", brief: "this", read: (words) => alone("help", words) },
  "/quit": {
    form: "/quit",
    brief: "send FIN to all, and end when they have left",
    read: (words) => alone("quit", words),
  },
};

const names = Object.keys(rows);

export const commandsHelp: readonly string[] = [
  ["hello", "send hello to all clients"],
  ["@3 hello", "send hello to client 3"],
  ...Object.values(rows).map(({ form, brief }) => [form, brief]),
  ["//hello, @@hello", "send /hello, @hello"],
].map(([form = "", brief = ""]) => `${form.padEnd(18)}${brief}`);

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
    : unclear(`/${type} takes no arguments: leave out ${quote(words.join(" "))}`);
}

function unclear(why: string): ConsoleCommand {
  return { type: "unclear", why };
}

function clientNumber(text: string): number | undefined {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** The possible completions of the word before the cursor, and that word. */
export interface Completion {
  readonly candidates: readonly string[];
  readonly word: string;
}

/** The completions of the last word for Tab: a command, or the number of a connected client. */
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
