/**
 * The commands of `portcall`. Each is loaded on demand, so that no command pays for the modules of another.
 */
import type { Command, Commands } from "../command.ts";

/** How to load each command, in the order in which help lists them. */
const loaders = {
  connect: async () => (await import("./connect.ts")).connectCommand,
  listen: async () => (await import("./listen.ts")).listenCommand,
  serve: async () => (await import("./serve.ts")).serveCommand,
  nc: async () => (await import("./nc.ts")).ncCommand,
  doctor: async () => (await import("./doctor.ts")).doctorCommand(commands),
  help: async () => (await import("./help.ts")).helpCommand(commands),
  completion: async () => (await import("./completion.ts")).completionCommand,
} satisfies Readonly<Record<string, () => Promise<Command>>>;

export const commands: Commands = {
  names: Object.keys(loaders),
  load: async (name) => (Object.hasOwn(loaders, name) ? loaders[name as keyof typeof loaders]() : undefined),
  loadAll: () => Promise.all(Object.values(loaders).map((load) => load())),
};
