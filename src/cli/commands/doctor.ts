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
  brief: "say what works here, and what is missing",
  usage: [""],
  about: `Looks at the versions, the engine, the limits in force (descriptors, backlog, ports), both
families of addresses, the look-up of names and the configuration, and says of each what it
found. Ends with 1 if something that the command needs is missing or wrong.`,
  options,
  examples: [["portcall doctor", "see what a server here can do"]],
};

const marks: Readonly<Record<Finding["state"], string>> = { ok: "ok", note: "note", wrong: "WRONG" };

async function run(
  { words }: ParsedLine<typeof options>,
  terminal: Terminal,
  commands: Commands,
): Promise<ExitName> {
  if (words[0] !== undefined) throw new UsageError("doctor takes no words");
  const findings = [
    ...versions(version()),
    ...(await network()),
    ...configured(await commands.loadAll(), process.env, currentFolder()),
  ];
  terminal.report?.found(findings);
  const told = terminal.report === undefined ? await terminal.print(findings.map(lineOf).join("")) : "ok";
  if (told !== "ok") return told;
  return findings.some(({ state }) => state === "wrong") ? "unmet" : "ok";
}

function lineOf({ subject, says, state }: Finding): string {
  return `${marks[state].padEnd(6)}${subject.padEnd(14)}${terminalSafe(says)}\n`;
}
