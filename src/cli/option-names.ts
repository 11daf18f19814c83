/**
 * The library's names for what decides a failure, as the command line calls them.
 */
const flags: Readonly<Record<string, string>> = {
  connectTimeoutMs: "-w",
  resolveTimeoutMs: "-w",
  handshakeTimeoutMs: "-w",
  establishTimeoutMs: "--wait",
  firstByteTimeoutMs: "-w",
  idleTimeoutMs: "-w",
  inactivityTimeoutMs: "-w",
  drainMs: "--drain",
  "(broadcast)": "(--broadcast)",
  "(from)": "(-s)",
  "(fd)": "(--fd)",
};

/** A text of the library in the words of the command: `no answer in 3000 ms (-w)`. */
export function inCommandTerms(text: string): string {
  return text.replace(/\b\w+Ms\b|\((?:from|fd|broadcast)\)/g, (name) =>
    Object.hasOwn(flags, name) ? (flags[name] as string) : name,
  );
}
