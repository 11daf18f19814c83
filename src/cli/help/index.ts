/**
 * The topics of `portcall help`. Each is loaded on demand.
 */
import type { Topic } from "./topic.ts";

/** How to load each topic, in the order in which help lists them. */
const loaders = {
  addresses: async () => (await import("./topics/addresses.ts")).addresses,
  "unix-sockets": async () => (await import("./topics/unix-sockets.ts")).unixSockets,
  datagrams: async () => (await import("./topics/datagrams.ts")).datagrams,
  "end-of-file": async () => (await import("./topics/end-of-file.ts")).endOfFile,
  frames: async () => (await import("./topics/frames.ts")).frames,
  escapes: async () => (await import("./topics/escapes.ts")).escapes,
  json: async () => (await import("./topics/json.ts")).json,
  limits: async () => (await import("./topics/limits.ts")).limitsTopic,
  "exit-codes": async () => (await import("./topics/exit-codes.ts")).exitCodesTopic,
  environment: async () => (await import("./topics/environment.ts")).environment,
} satisfies Readonly<Record<string, () => Promise<Topic>>>;

export const topicNames: readonly string[] = Object.keys(loaders);

export async function loadTopic(name: string): Promise<Topic | undefined> {
  return Object.hasOwn(loaders, name) ? loaders[name as keyof typeof loaders]() : undefined;
}

export function loadTopics(): Promise<Topic[]> {
  return Promise.all(Object.values(loaders).map((load) => load()));
}
