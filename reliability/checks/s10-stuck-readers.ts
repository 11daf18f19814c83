/** S10: members of a chat who do not read, and one who says very much. */
import type { EngineChoice } from "../../src/index.ts";
import { onEachEngine } from "../engines.ts";
import { describeLatencies, p99Figure } from "../latency.ts";
import { memoryBytes } from "../process-facts.ts";
import type { Figure, Run, Check } from "../check.ts";

const stuckMembers = 100;
const talkers = 10;
const saidBytes = 12_000_000;
const stuckSource = "127.0.0.2";

export const stuckReaders: Check = {
  name: "S10",
  title: "a chat with members that do not read",
  how:
    `Runs on each engine that is available (the quick form: on the first one). ` +
    `\`portcall serve chat\` has ${stuckMembers} members that stop reading once they are in (20 in the quick form), and ${talkers} that send a line ten times a second each. ` +
    `One more sends ${saidBytes / 1_000_000} MB as fast as the chat takes it. ` +
    `That makes ${(saidBytes * stuckMembers) / 1e9} GB for those that do not read, more than the kernel buffers for all of them. ` +
    `Memory is the peak of the resident set, less what was resident before. ` +
    `A latency runs from when a line was due until another member has received it. ` +
    `The server's log must name each member that it disconnects, with the reason.`,
  measure: (run) => onEachEngine(run, (engine) => measureOn(engine, run)),
};

async function measureOn(engine: EngineChoice, run: Run): Promise<readonly Figure[]> {
  const members = run.size(stuckMembers, 20);
  const server = run.portcall(["serve", "chat", ":0", "--engine", engine]);
  const port = await server.port();
  const stuck = run.start("chat-stuck", { port, source: stuckSource, members });
  const talking = run.start("chat-talkers", { port, source: "127.0.0.3", members: talkers, everyMs: 100 });
  const flooding = run.start("chat-flood", { port, source: "127.0.0.4" });
  for (const program of [stuck, talking, flooding]) await program.line("ready");

  const before = memoryBytes(server.pid, "VmRSS");
  await talking.ask("begin");
  run.log({ engine, ...(await flooding.ask("flood", { bytes: saidBytes })) });
  const talked = await talking.ask("end");
  const grown = memoryBytes(server.pid, "VmHWM") - before;

  await Promise.all([server, stuck, talking, flooding].map((one) => one.end()));
  const left = server.lines.filter((line) => line.startsWith(`${stuckSource}:`) && line.includes(" left: "));
  const withReason = left.filter((line) => /left: limit by us \(.+\)/.test(line));
  const latenciesMs = talked["latenciesMs"] as number[];
  run.log({ engine, before, grown, talked: describeLatencies(latenciesMs), left });
  return [
    { what: "memory grown at most", value: grown / 1_000_000, unit: "MB", target: { atMost: 64 } },
    p99Figure(`p99 of ${talkers} that talk`, latenciesMs, run.size(50, 250)),
    {
      what: "of theirs: lines lost, members disconnected",
      value: Number(talked["lost"]) + Number(talked["out"]),
      target: { atMost: 0 },
    },
    {
      what: `of ${members} that do not read: disconnected, with the reason`,
      value: withReason.length,
      target: { atLeast: members },
    },
  ];
}
