/**
 * The verbs of `portcall`. Each is loaded when it is asked for: none pays for what the
 * others need.
 */
import type { Command } from "../command.ts";

/** How each is loaded, in the order in which help shows them. */
const loaders = {
  connect: async () => (await import("./connect.ts")).connectCommand,
  listen: async () => (await import("./listen.ts")).listenCommand,
  serve: async () => (await import("./serve.ts")).serveCommand,
} satisfies Readonly<Record<string, () => Promise<Command>>>;

/** Their names. */
export const commandNames: readonly string[] = Object.keys(loaders);

/** The command of that name, if there is one. */
export async function loadCommand(name: string): Promise<Command | undefined> {
  return Object.hasOwn(loaders, name) ? loaders[name as keyof typeof loaders]() : undefined;
}

/** All of them. */
export function loadCommands(): Promise<Command[]> {
  return Promise.all(Object.values(loaders).map((load) => load()));
}
