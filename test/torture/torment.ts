/**
 * Runs faults one after the other against the crowd program, and describes what was wrong with each outcome. An
 * outcome is correct if everything went well despite the failure, or if an error was reported.
 *
 * One process runs many faults, so that each crowd also shows that the one before has caused no lasting damage. If a
 * process dies or hangs, the fault is the cause, and another process continues with the next fault.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { EngineChoice } from "../../src/index.ts";
import { missing } from "../support/programs.ts";
import type { Outcome } from "./crowd.ts";
import type { Counts } from "./cases.ts";
import { calls, faultFileBytes, isLie, isUnnoticed, type Fault } from "./faults.ts";

/** The program's report of one crowd. */
export interface Report extends Outcome {
  /** Whether the chosen call was made at all. */
  readonly failed: boolean;
  readonly counts: Counts;
}

/** A request to the program: one crowd, perhaps with a fault. */
export interface Request {
  readonly fault: Fault | undefined;
  /** Whether to run it on a separate thread, which opens the engine anew. */
  readonly onThread: boolean;
}

export interface Verdict {
  readonly fault: Fault;
  /** `unreached`: the call was not made that often. */
  readonly state: "right" | "unreached" | "wrong";
  readonly wrong: readonly string[];
}

interface Program {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

/** A crowd takes a tenth of a second, or as long as the longest of its timeouts. */
const answerMsMax = 15_000;

/** Why torture cannot run here; `undefined` if it can. */
export function whyNoTorture(): string | undefined {
  return missing("cc");
}

/** Compiles the library to preload. Returns its file. */
function buildShim(folder: string): string {
  const shim = join(folder, "failing-calls.so");
  const flags = ["-std=gnu11", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror"];
  const { status, stderr } = spawnSync("cc", [...flags, "-o", shim, "test/torture/failing-calls.c", "-ldl"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`the shim does not compile:\n${stderr}`);
  return shim;
}

/** One engine under torture. Call `end` when done. */
export class Torment {
  readonly #engine: EngineChoice;
  readonly #folder = mkdtempSync(join(tmpdir(), "portcall-torture-"));
  readonly #shim = buildShim(this.#folder);
  #program: Program | undefined;
  #complaint = "";

  constructor(engine: EngineChoice) {
    this.#engine = engine;
  }

  /** Without a fault: how often each call is made. */
  async counts(): Promise<Counts> {
    const usual = await this.report(undefined);
    const opening = await this.report(undefined, true);
    for (const { harmed, failedWhole, faults, reported } of [usual, opening]) {
      const wrong = [...faults, ...reported];
      if (harmed > 0 || failedWhole || wrong.length > 0)
        throw new Error(`wrong without a fault: ${wrong.join(", ")}`);
    }
    const counts = calls.map(
      ({ name, opens }) => [name, (opens ? opening : usual).counts[name] ?? 0] as const,
    );
    if (counts.every(([, count]) => count === 0)) throw new Error("no call of the addon was seen");
    return Object.fromEntries(counts);
  }

  /**
   * The program's report of a fault.
   *
   * @throws {Error} (rejects) if the program does not survive it.
   */
  async report(fault: Fault | undefined, onThread = false): Promise<Report> {
    const report = await this.#ask({ fault, onThread });
    if (typeof report === "string") throw new Error(report);
    return report;
  }

  async try(fault: Fault): Promise<Verdict> {
    const onThread = calls.some(({ name, opens }) => name === fault.call && opens);
    const report = await this.#ask({ fault, onThread });
    if (typeof report === "string") return { fault, state: "wrong", wrong: [report] };
    const wrong = judge(fault, report);
    const state = wrong.length > 0 ? "wrong" : report.failed ? "right" : "unreached";
    return { fault, state, wrong };
  }

  async end(): Promise<void> {
    await this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The program's report, or how it ended instead. */
  async #ask(request: Request): Promise<Report | string> {
    this.#program ??= this.#start();
    const { child, lines } = this.#program;
    child.stdin?.write(`${JSON.stringify(request)}\n`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, answerMsMax, undefined);
    });
    const line = await Promise.race([lines.next(), late]);
    clearTimeout(timer);
    if (line?.done === false) return JSON.parse(line.value) as Report;
    const { exitCode, signalCode } = child;
    await this.#stop();
    if (line === undefined) return `nothing came of it in ${answerMsMax / 1_000} s`;
    return `the program has ended (${signalCode ?? exitCode ?? "no more is known"}) ${this.#complaint}`;
  }

  #start(): Program {
    const faults = join(this.#folder, "faults");
    writeFileSync(faults, new Uint8Array(faultFileBytes));
    const program = fileURLToPath(new URL("programs/crowd.js", import.meta.url));
    const child = spawn(process.execPath, [program, this.#engine, faults], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, LD_PRELOAD: this.#shim, PORTCALL_FAULTS: faults },
    });
    child.stdin.on("error", () => undefined);
    this.#complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2_000);
    });
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
  }

  async #stop(): Promise<void> {
    const child = this.#program?.child;
    this.#program = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, "close");
    child.kill("SIGKILL");
    await over;
  }
}

/** One call has failed, so one client may have failed, and then an error must have been reported. */
function judge(fault: Fault, { failed, harmed, failedWhole, reported, faults }: Report): readonly string[] {
  const wrong = [...faults];
  const unharmed = !failed || isUnnoticed(fault);
  if (failedWhole && unharmed) wrong.push(`nothing could be served: ${reported.join(", ")}`);
  if (harmed > (unharmed ? 0 : 1)) wrong.push(`${harmed} clients were harmed (${reported.join(", ")})`);
  if (harmed > 0 && reported.length === 0) wrong.push("no error was reported");
  if (!isLie(fault) && reported.some((code) => code.endsWith("TIMEOUT") && code.startsWith("ERR_")))
    wrong.push(`only a deadline helped: ${reported.join(", ")}`);
  return wrong;
}
