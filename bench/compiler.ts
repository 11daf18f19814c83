/** Programs that the bench builds for itself, into `build/`; a fraction of a second each, so always anew. */
import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { projectPath } from "./project.ts";

/** Where the program made of a source of the bench lies: `bench/servers/epoll.c` becomes `build/bench/servers/epoll`. */
export const builtProgram = (source: string): string =>
  projectPath(`build/${source.replace(/\.[a-z]+$/, "")}`);

/**
 * Compiles a program in C with the machine's own compiler, or the one that CC names.
 *
 * @throws {Error} if there is no compiler, or it refuses.
 */
export function compileC(source: string, libraries: readonly string[] = []): void {
  const compiler = process.env["CC"] ?? "cc";
  const warnings = ["-Wall", "-Wextra"];
  const linked = libraries.map((name) => `-l${name}`);
  compile(source, (output) => [
    ...[compiler, "-std=gnu17", "-O2", ...warnings, "-o", output, projectPath(source)],
    ...linked,
  ]);
}

/**
 * Compiles a program in Go, of the standard library alone.
 *
 * @throws {Error} if there is no compiler, or it refuses.
 */
export function compileGo(source: string): void {
  compile(source, (output) => ["go", "build", "-o", output, projectPath(source)], {
    GO111MODULE: "off",
    GOCACHE: projectPath("build/bench/go-cache"),
  });
}

/** The program appears whole, at once: another bench may be running the one that was there. */
function compile(
  source: string,
  command: (output: string) => readonly string[],
  environment: Readonly<Record<string, string>> = {},
): void {
  const program = builtProgram(source);
  const unfinished = `${program}.${process.pid}`;
  const [compiler = "", ...compilerArguments] = command(unfinished);
  mkdirSync(dirname(program), { recursive: true });
  const { error, status, stderr } = spawnSync(compiler, compilerArguments, {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  if (error) throw new Error(`no compiler for ${source}: ${error.message}`);
  if (status !== 0) throw new Error(`${compiler} cannot compile ${source}: ${stderr.trim()}`);
  renameSync(unfinished, program);
}
