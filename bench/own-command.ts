/** What the commands `npm run bench` and `npm run reliability` share: how they read their options, and how a signal ends them. */

/** The settings that `parse` returns; `undefined` after invalid options, which are reported on stderr and end with 2. */
export function readSettings<Settings>(command: string, parse: () => Settings): Settings | undefined {
  try {
    return parse();
  } catch (error) {
    console.error(`${command}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** Ends this process by `process.exit` when it is interrupted, so that the programs it started end with it. */
export function exitWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
}
