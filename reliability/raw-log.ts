/** The observations of a check, as lines of JSON in a file under build/: the evidence for its figures. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { projectPath } from "../bench/project.ts";

export interface RawLog {
  readonly path: string;
  write(entry: Readonly<Record<string, unknown>>): void;
}

/** Makes the file; its first line has the machine and the seed. */
export function createRawLog(
  folder: string,
  check: string,
  origin: Readonly<Record<string, unknown>>,
): RawLog {
  const path = `build/raw-logs/${folder}/${check}.jsonl`;
  const file = projectPath(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(origin)}\n`);
  return {
    path,
    write(entry) {
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
    },
  };
}
