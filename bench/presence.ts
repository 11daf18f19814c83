/** Whether the requirements of a peer are on this machine, and which version. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export type Presence =
  | { readonly state: "present"; readonly version: string }
  | { readonly state: "absent"; readonly why: string };

/** Present with this version; absent, for the reason given, if there is none. */
export function presentIf(version: string | undefined, whyNot = "not found"): Presence {
  return version === undefined ? { state: "absent", why: whyNot } : { state: "present", version };
}

/**
 * The first group of the pattern in a command's output. Default: the first line. `undefined` if the command cannot
 * run, fails, or prints no match.
 */
export function commandVersion(
  command: string,
  commandArguments: readonly string[],
  pattern: RegExp = /^(.+)/,
): string | undefined {
  const result = spawnSync(command, commandArguments, { encoding: "utf8" });
  if (result.status !== 0) return undefined;
  return pattern.exec(`${result.stdout}${result.stderr}`.trim())?.[1];
}

/** The compiled form of `bench/servers/<name>.ts`, next to this module's own. */
export function compiledServer(name: string): string {
  return fileURLToPath(new URL(`./servers/${name}.js`, import.meta.url));
}
