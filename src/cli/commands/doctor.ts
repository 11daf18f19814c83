/**
 * `portcall doctor`: what works here, and what is missing.
 */
import type { Command, Commands } from "../command.ts";
import { currentFolder } from "../system/current-folder.ts";
import { configured } from "../doctor/configured.ts";
import type { Finding } from "../json/finding.ts";
import { network } from "../doctor/network.ts";
import { versions } from "../doctor/versions.ts";
import type { ExitName } from "../exit.ts";
import { reporterOptions } from "../report/reporter.ts";
import type { ParsedLine } from "../args/options.ts";
import type { Terminal } from "../tty/terminal.ts";
import { terminalSafe } from "../tty/terminal-text.ts";
import { UsageError } from "../usage.ts";
import { version } from "../version.ts";

const { json } = reporterOptions;
const options = { json } as const;

export function doctorCommand(commands: Commands): Command {
  return { ...doctor, run: (line, terminal) => run(line, terminal, commands) };
}

const doctor: Omit<Command, "run"> = {
  name: "doctor",
  brief: "check what works on this machine, and what is missing",
  usage: [""],
  about: `Checks the versions, the engine, the limits in force (descriptors, backlog, ports), both
address families, name resolution and the configuration, and reports each result. The exit
code is 1 if something that the command needs is missing or wrong.`,
  options,
  examples: [["portcall doctor", "check this machine"]],
};

const marks: Readonly<Record<Finding["state"], string>> = { ok: "ok", note: "note", wrong: "FAIL" };

async function run(
  { words }: ParsedLine<typeof options>,
  terminal: Terminal,
  commands: Commands,
): Promise<ExitName> {
  if (words[0] !== undefined) throw new UsageError("doctor takes no arguments");
  const findings = [
    ...versions(version()),
    ...(await network()),
    ...configured(await commands.loadAll(), process.env, currentFolder()),
  ];
  terminal.report?.found(findings);
  const printed = terminal.report === undefined ? await terminal.print(findings.map(lineOf).join("")) : "ok";
  if (printed !== "ok") return printed;
  return findings.some(({ state }) => state === "wrong") ? "unmet" : "ok";
}

function lineOf({ subject, says, state }: Finding): string {
  return `${marks[state].padEnd(6)}${subject.padEnd(14)}${terminalSafe(says)}\n`;
}
