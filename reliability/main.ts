/**
 * `npm run reliability`: measures Portcall's promises of reliability.
 *
 *     checks ──▶ outcome: programs of its own, figures, a raw log ──▶ report ──▶ stdout, docs/reliability.md
 *
 * The table to extend is checks.ts. Progress goes to stderr. Exit status: 0; 1 if a
 * target was missed or a check could not be measured; 2 for invalid arguments.
 */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { describeMachine } from "../bench/machine.ts";
import { exitWhenInterrupted, readSettings } from "../bench/own-command.ts";
import { projectPath, projectVersion } from "../bench/project.ts";
import { parseOptions, usage, type ReliabilitySettings } from "./options.ts";
import { isMet, measureCheck, type Outcome } from "./outcome.ts";
import { markdownReport, textReport, type Circumstances } from "./report.ts";
import { checks } from "./checks.ts";

const pagePath = "docs/reliability.md";

async function reliability({
  seed,
  quick,
  soak,
  checks: chosen,
  complete,
}: ReliabilitySettings): Promise<number> {
  const machine: [string, string][] = [
    ["Portcall", projectVersion()],
    ...describeMachine(),
    ["seed", String(seed)],
    [
      "form",
      quick
        ? "quick: fewer of everything, and wider bounds for latencies and memory"
        : soak
          ? "full, with the soak"
          : "full",
    ],
  ];
  const folder = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const outcomes: Outcome[] = [];
  for (const check of chosen) {
    console.error(`${check.name}: ${check.title}`);
    const settings = { seed, quick, soak, folder, origin: Object.fromEntries(machine) };
    outcomes.push(await measureCheck(check, settings));
  }

  const names = chosen.map(({ name }) => name).join(",");
  const only = chosen.length === checks.length ? "" : ` --only ${names}`;
  const circumstances: Circumstances = {
    machine,
    command: `npm run reliability -- --seed ${seed}${quick ? " --quick" : ""}${soak ? " --soak" : ""}${only}`,
  };
  console.log(textReport(outcomes, circumstances));
  if (complete) {
    writeFileSync(projectPath(pagePath), markdownReport(outcomes, circumstances));
    console.error(`wrote ${pagePath}`);
  }
  const required = process.env["PORTCALL_PEERS"] === "required";
  return outcomes.every((outcome) => isMet(outcome) || (outcome.state === "absent" && !required)) ? 0 : 1;
}

exitWhenInterrupted();

const settings = readSettings("reliability", () =>
  parseOptions(process.argv.slice(2), checks, () => randomBytes(4).readUInt32BE()),
);
if (settings === "help") {
  console.log(usage);
} else if (settings !== undefined) {
  // Explicitly, because a stuck check may have left a handle open.
  process.exit(await reliability(settings));
}
