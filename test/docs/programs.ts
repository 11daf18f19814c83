/**
 * The programs that a transcript runs, read from its commands, so that it can be skipped by name where one is missing.
 *
 * Reads the shell's grammar as far as the pages use it: what follows a separator or a keyword is a command, unless it is
 * an assignment, and so is the word behind `--exec`. Quoted text is taken for words and never for commands.
 */

/** What bash does itself, and what the pages bring with them. */
const notPrograms = new Set(
  "! : [ . bg cd command do done echo elif else exit export false fg fi for if in jobs kill printf read set shift source test then time trap true type ulimit umask unset until wait while portcall node npm".split(
    " ",
  ),
);

/** Words before a command that leave the next word a command. */
const goesOn = /^(?:!|do|then|else|elif|until|while|if|time|command|exec|\w+=.*)$/;

/** Programs that run another program. */
const wrappers = new Set(["timeout", "env", "nohup", "nice", "xargs"]);

/** The programs of these commands, each once; bash, which runs them, among them. */
export function programsOf(commands: readonly string[]): string[] {
  const names = commands.flatMap((command) => [
    ...Array.from(command.matchAll(/--exec[= ]'?([\w.-]+)/g), ([, name = ""]) => name),
    ...simpleCommands(command).flatMap((words) => programsIn(words)),
  ]);
  return ["bash", ...new Set(names.filter((name) => !notPrograms.has(name)))];
}

function programsIn(words: readonly string[]): string[] {
  const start = words.findIndex((word) => !goesOn.test(word));
  const [name, ...rest] = words.slice(start === -1 ? words.length : start);
  if (name === undefined || !/^[\w.[-]+$/.test(name)) return [];
  if (!wrappers.has(name)) return [name];
  // What it runs stands behind its own options and its duration.
  return [name, ...programsIn(rest.filter((word) => !/^(?:-.*|[\d.]+[smhd]?)$/.test(word)))];
}

/** Each simple command as its words; quoted text and substitutions stand as `''`, redirections are left out. */
function simpleCommands(command: string): string[][] {
  return command
    .replaceAll(/'[^']*'|"(?:\\.|[^"\\])*"/g, "''")
    .replaceAll(/\\\n/g, " ")
    .replaceAll(/\d*[<>]+&?\s*[^\s;|&()]+/g, " ")
    .split(/[|;&()\n]+/)
    .map((part) => part.trim().split(/\s+/).filter(Boolean));
}
