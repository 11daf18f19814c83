/** S9: command lines that cannot be are refused, each in one line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, tmpdir } from "node:os";
import { PassThrough } from "node:stream";
import { projectPath } from "../../bench/project.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { exitCodes } from "../../src/cli/exit.ts";
import { run as runLine } from "../../src/cli/run.ts";
import { Terminal } from "../../src/cli/tty/terminal.ts";
import { badLines } from "../bad-lines.ts";
import { watchOver } from "../children.ts";
import type { Score } from "../score.ts";

const linesAtRandom = 100;
/** A line that is taken for a good one would run for ever. */
const patienceMs = 20_000;

export const badCommandLines: Score = {
  name: "S9",
  title: "bad command lines, hosts and ports",
  how:
    `At least 500 invalid command lines: invalid hosts, ports, targets and values. Each option of each command but nc (which ends as nc does) is ` +
    `misspelt, without its value, or with one too many. ${linesAtRandom} lines are made at random. Each must end with exit 2, nothing on stdout, and one line on ` +
    `stderr without a stack and without a control character. All run through the command's \`run\` in this process, since no system ` +
    `lets a NUL into a command line. All that a system lets in run as processes of their own too, 24 of them in the quick form.`,
  async measure(run) {
    // One that reads its line itself, as nc, ends as that does.
    const shapes = (await commands.loadAll()).filter(({ readsItself }) => readsItself !== true);
    const all = badLines(shapes, run.chance, linesAtRandom);
    const possible = all.filter((line) => !line.some((word) => /[\0\p{Cs}]/u.test(word)));
    const asProcesses = run.quick ? Array.from({ length: 24 }, () => run.chance.oneOf(possible)) : possible;

    const wrongInside: object[] = [];
    for (const line of all) {
      const complaint = complaintOf(await answerInside(line));
      if (complaint !== undefined) wrongInside.push({ line, complaint });
    }
    const wrongOutside = await eachOnSomeProcessors(asProcesses, async (line) => {
      const complaint = complaintOf(await answerOutside(line));
      return complaint === undefined ? undefined : { line, complaint };
    });
    run.log({ lines: all.length, processes: asProcesses.length, wrongInside, wrongOutside });
    return [
      { what: "bad command lines", value: all.length, target: { atLeast: 500 } },
      { what: "not refused as they should be", value: wrongInside.length, target: { atMost: 0 } },
      {
        what: "of them run as processes",
        value: asProcesses.length,
        target: { atLeast: run.size(500, asProcesses.length) },
      },
      { what: "processes not refused as they should be", value: wrongOutside.length, target: { atMost: 0 } },
    ];
  },
};

interface Answer {
  readonly exit: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is wrong with an answer; `undefined` if it is one line and exit 2. */
function complaintOf({ exit, stdout, stderr }: Answer): string | undefined {
  if (exit !== exitCodes.usage.code) return `the exit is ${String(exit)}: ${stderr}`;
  if (stdout !== "") return `stdout is ${JSON.stringify(stdout)}`;
  if (!/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+\n$/u.test(stderr))
    return `not one plain line: ${JSON.stringify(stderr)}`;
  if (/ at .*:\d+:\d+|\w+Error:/.test(stderr)) return `a stack: ${stderr}`;
  return undefined;
}

async function answerInside(line: readonly string[]): Promise<Answer> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const terminal = new Terminal(streams as unknown as ConstructorParameters<typeof Terminal>[0]);
  const exit = await runLine(line, terminal).then(
    (name) => exitCodes[name].code,
    (error: unknown) => String(error),
  );
  return { exit, stdout: String(streams.stdout.read() ?? ""), stderr: String(streams.stderr.read() ?? "") };
}

async function answerOutside(line: readonly string[]): Promise<Answer> {
  const child = spawn(process.execPath, [projectPath("bin/portcall.js"), ...line], {
    // Where no file of the user's sets options.
    cwd: tmpdir(),
    env: { PATH: process.env["PATH"] },
    stdio: ["ignore", "pipe", "pipe"],
  });
  void watchOver(child);
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => (said[stream] += text));
  const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  clearTimeout(timer);
  return { exit: code ?? signal, ...said };
}

/** Does it for each of them, as many at a time as there are processors; gives back what was found. */
async function eachOnSomeProcessors<Item, Found>(
  items: readonly Item[],
  check: (item: Item) => Promise<Found | undefined>,
): Promise<Found[]> {
  const found: Found[] = [];
  const rest = items.values();
  async function goOn(): Promise<void> {
    for (const item of rest) {
      const one = await check(item);
      if (one !== undefined) found.push(one);
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, goOn));
  return found;
}
