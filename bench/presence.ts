/** Whether something that a peer needs is on this machine, and which version of it. */
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
 * What a command prints, of that the first group of the pattern: unless given, the first line. `undefined` if it
 * cannot be run, fails, or prints no such thing.
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

/** Where the compiled form of `bench/servers/<name>.ts` lies: beside this module's own. */
export function compiledServer(name: string): string {
  return fileURLToPath(new URL(`./servers/${name}.js`, import.meta.url));
}
