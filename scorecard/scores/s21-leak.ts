/** S21: what a hundred thousand connections leave behind. */
import { readFileSync } from "node:fs";
import type { Line } from "../program.ts";
import type { Figure, Score } from "../score.ts";

const connections = 100_000;

export const leak: Score = {
  name: "S21",
  title: "what many connections leave behind",
  how:
    `${connections} connections, 50 at a time, from Portcall's \`connect\` in one process to Portcall's \`serve\` in another: each says a ` +
    "line and hears it, and is ended, as the seed has it, by a close of the client, an end of its side and a read to the end, " +
    "or an abort. Descriptors and memory of both processes are taken before and after, memory after a full collection; " +
    "10 000 more come before the first measurement, so that what is set up once and for all does not count. Sockets that " +
    "wait for us to close them (CLOSE_WAIT) are counted from the kernel's table.",
  async measure(run) {
    const total = run.size(connections, 4_000);
    const nodeOptions = ["--expose-gc"];
    const server = run.start("server", {}, { nodeOptions });
    const { port } = await server.line("ready");
    const clients = run.start("come-and-go", { port, seed: run.chance.bits() }, { nodeOptions });
    run.log(await clients.ask("visit", { times: run.size(10_000, 4_000) }));
    const before = [await server.ask("facts"), await clients.ask("facts")] as const;
    const visited = await clients.ask("visit", { times: total });
    const after = [await server.ask("facts"), await clients.ask("facts")] as const;
    const closeWait = countCloseWait(Number(port));
    run.log({ visited, before, after, closeWait });

    const figures = (["server", "client"] as const).flatMap((side, index): Figure[] => [
      {
        what: `${side}: descriptors beyond those before`,
        value: grown("descriptors", before[index], after[index]),
        target: { atMost: 0 },
      },
      {
        what: `${side}: memory grown`,
        value: grown("residentBytes", before[index], after[index]) / 1_000_000,
        unit: "MB",
        target: { atMost: run.size(10, 50) },
      },
    ]);
    return [
      { what: "connections, each answered", value: Number(visited["right"]), target: { atLeast: total } },
      ...figures,
      { what: "connections still open", value: Number(after[0]["connections"]), target: { atMost: 0 } },
      { what: "sockets in CLOSE_WAIT", value: closeWait, target: { atMost: 0 } },
    ];
  },
};

function grown(fact: string, before: Line | undefined, after: Line | undefined): number {
  return Number(after?.[fact]) - Number(before?.[fact]);
}

/** Sockets of either side of this port whose peer has ended, and that nobody has closed. */
function countCloseWait(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/ +/))
    .filter(
      ([, local, remote, state]) => state === "08" && [local, remote].some((end) => end?.endsWith(`:${hex}`)),
    ).length;
}
