/** The machine that was measured: hardware, system, versions, commit. */
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { projectFolder } from "./project.ts";
import { commandVersion } from "./presence.ts";

/** Pairs of a name and a value, in the order of the report. */
export function describeMachine(): [string, string][] {
  const processors = cpus();
  return [
    [
      "CPU",
      `${processors[0]?.model.trim() ?? "unknown"}, ${processors.length} CPUs${virtual() ? ", virtual" : ""}`,
    ],
    ["memory", `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ["system", `${type()} ${release()}, ${distribution()}`],
    ["Node", process.versions.node],
    ["commit", commit()],
    ["date", new Date().toISOString().slice(0, 10)],
  ];
}

const readOrEmpty = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

const virtual = (): boolean => /^flags\s*:.*\bhypervisor\b/m.test(readOrEmpty("/proc/cpuinfo"));

const distribution = (): string =>
  /^PRETTY_NAME="?([^"\n]*)/m.exec(readOrEmpty("/etc/os-release"))?.[1] ?? "unknown distribution";

function commit(): string {
  const inProject = ["-C", projectFolder];
  const hash = commandVersion("git", [...inProject, "rev-parse", "--short", "HEAD"]);
  if (hash === undefined) return "none yet";
  // Pages that such a run rewrites do not count as changes.
  const changes = commandVersion("git", [
    ...inProject,
    "status",
    "--porcelain",
    "--",
    ".",
    ":!docs/benchmarks.md",
    ":!docs/reliability.md",
  ]);
  return changes === undefined ? hash : `${hash}, with changes not committed`;
}
