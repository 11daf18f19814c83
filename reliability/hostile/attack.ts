/** One attack: hostile clients of one or more kinds against one server, with good clients beside them. */
import { setTimeout as pause } from "node:timers/promises";
import { limits, type EngineChoice } from "../../src/index.ts";
import { describeLatencies } from "../latency.ts";
import { countCloseWait } from "../leftovers.ts";
import { memoryBytes, openDescriptors, resetPeakMemory } from "../process-facts.ts";
import type { JsonProgram, Line } from "../../test/support/json-program.ts";
import type { Run } from "../check.ts";
import type { FramingName, HostileKind, ServiceName } from "./kinds.ts";

export const goodClients = 20;
const goodSource = "127.0.0.2";
/** How long a server may take to notice that its attackers are gone. */
const restMsMax = 5_000;

export interface Rank {
  readonly kind: HostileKind;
  readonly attackers: number;
}

export interface Attack {
  readonly engine: EngineChoice;
  readonly service: ServiceName;
  readonly framing: FramingName;
  /** Who attacks, all at once. */
  readonly ranks: readonly Rank[];
  /** How long the good clients talk beside them. */
  readonly seconds: number;
  readonly connectionsMax?: number;
}

export interface AttackFigures {
  /** Attackers that had not connected once when the attack began, half a minute after the first. */
  readonly failed: number;
  /** Attackers that were connected when the attack ended. */
  readonly held: number;
  /** What the server's resident memory grew by at most. */
  readonly grownBytes: number;
  /** The most that was ever resident during the attack. */
  readonly peakBytes: number;
  /** What memory may grow by: see `memoryLimit`. */
  readonly limitBytes: number;
  readonly latenciesMs: readonly number[];
  /** Answers to good clients that were wrong or missing. */
  readonly wrong: number;
  /** Descriptors of the server beyond those before, at rest again. */
  readonly descriptorsLeft: number;
  readonly closeWait: number;
}

/** What V8 takes for garbage before it collects, and the code and buffers that the first clients need. */
const baseBytes = 64_000_000;
/** Objects of one connection, and slack of the allocator. */
const connectionBytes = 16_384;

/**
 * What a server may grow by under this attack: for each client, what it reads ahead, what waits to be sent, and the
 * message on its way in and out; in a chat, what may wait for one receiver; and a fixed amount for the runtime.
 */
function memoryLimit({ service, ranks }: Attack): number {
  const queued = service === "serve chat" ? limits.queueBytesMax.value : limits.writeAheadBytes.value;
  const each = limits.readBufferBytesMax.value + queued + connectionBytes;
  return ranks.reduce(
    (sum, { kind, attackers }) => sum + attackers * (each + 3 * (kind.messageBytes ?? 0)),
    baseBytes,
  );
}

/** The processes of the clients, for one attack after the other. */
export interface Clients {
  readonly good: JsonProgram;
  readonly hostile: readonly JsonProgram[];
}

/**
 * Starts the processes of the clients. The hostile ones have a low priority: real attackers compute on machines of
 * their own.
 */
export function startClients(hostileProcesses: number, run: Run): Clients {
  const hostile = Array.from({ length: hostileProcesses }, (_, index) => {
    const sources = Array.from({ length: 16 }, (__, source) => `127.0.${index + 1}.${source + 1}`);
    return run.start("attackers", { sources, seed: run.prng.bits() }, { behind: ["nice", "-n", "10"] });
  });
  return { good: run.start("good-clients", { source: goodSource, clients: goodClients }), hostile };
}

/** Runs the attack to its end, against a server of its own. */
export async function measureAttack(attack: Attack, clients: Clients, run: Run): Promise<AttackFigures> {
  const { hostile } = clients;
  const server = await startServer(attack, run);
  const { pid, port } = server;
  const isChat = attack.service === "serve chat";
  const good = isChat
    ? run.start("chat-talkers", { port, source: goodSource, members: goodClients, everyMs: 100 })
    : clients.good;
  const opened = isChat
    ? await good.line("ready")
    : await good.ask("open", { port, framing: attack.framing });
  const ranks = attack.ranks.map(({ kind, attackers }) => ({
    kind: kind.name,
    attackers: Math.ceil(attackers / hostile.length),
  }));

  const before = { memory: memoryBytes(pid, "VmRSS"), descriptors: openDescriptors(pid) };
  resetPeakMemory(pid);
  if (isChat) await good.ask("begin");
  const placed = await Promise.all(hostile.map((one) => one.ask("begin", { port, ranks })));
  const talked = await talkBeside(good, attack);
  const stopped = await Promise.all(hostile.map((one) => one.ask("stop")));
  const peakBytes = memoryBytes(pid, "VmHWM");
  const left = await leftAtRest(before.descriptors, server);

  const latenciesMs = talked["latenciesMs"] as number[];
  const figures: AttackFigures = {
    failed: sumOf(placed, "failed"),
    held: sumOf(stopped, "held"),
    grownBytes: Math.max(0, peakBytes - before.memory),
    peakBytes,
    limitBytes: memoryLimit(attack),
    latenciesMs,
    wrong:
      Number(opened["wrong"] ?? 0) + Number(talked["wrong"] ?? talked["lost"]) + Number(talked["out"] ?? 0),
    ...left,
  };
  run.log({
    engine: attack.engine,
    service: attack.service,
    processes: hostile.length,
    ranks,
    ...figures,
    latenciesMs: describeLatencies(latenciesMs),
    stopped,
  });
  await Promise.all([isChat ? good.end() : good.ask("close"), server.end()]);
  return figures;
}

interface AttackedServer {
  readonly pid: number;
  readonly port: number;
  end(): Promise<void>;
}

async function startServer(
  { engine, service, framing, connectionsMax }: Attack,
  run: Run,
): Promise<AttackedServer> {
  if (service === "for await" || service === "raw handler") {
    const raw = service === "raw handler";
    const program = run.start("attacked-server", { engine, framing, raw, connectionsMax });
    const { port } = await program.line("ready");
    return { pid: program.pid, port: Number(port), end: () => program.end() };
  }
  const frame = framing === "telnet" ? ["--telnet", "--frame", "lines"] : ["--frame", framing];
  const words = service === "serve chat" ? ["chat"] : ["echo", ...frame];
  const command = run.portcall(["serve", ...words, ":0", "--engine", engine]);
  return { pid: command.pid, port: await command.port(), end: () => command.end() };
}

async function talkBeside(good: JsonProgram, { service, seconds }: Attack): Promise<Line> {
  if (service !== "serve chat") return good.ask("talk", { everyMs: 100, times: seconds * 10 });
  await pause(seconds * 1_000);
  return good.ask("end");
}

/** What the server has more than before, when it has come to rest, or has had the time to. */
async function leftAtRest(
  before: number,
  { pid, port }: AttackedServer,
): Promise<Pick<AttackFigures, "descriptorsLeft" | "closeWait">> {
  for (const beganAtMs = performance.now(); ; await pause(20)) {
    const left = { descriptorsLeft: openDescriptors(pid) - before, closeWait: countCloseWait(port) };
    const isAtRest = left.descriptorsLeft <= 0 && left.closeWait === 0;
    if (isAtRest || performance.now() - beganAtMs > restMsMax) return left;
  }
}

const sumOf = (lines: readonly Readonly<Record<string, unknown>>[], name: string): number =>
  lines.reduce((sum, line) => sum + Number(line[name]), 0);
