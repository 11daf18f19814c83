/**
 * What Node's permission model (`node --permission`) denies this process, and the Node option that grants it.
 */

interface Scope {
  readonly what: string;
  readonly option: string;
  /** What does not work without it. */
  readonly without: string;
}

type ScopeName = "net" | "child" | "addon" | "fs.read" | "fs.write";

const scopes: Readonly<Record<ScopeName, Scope>> = {
  net: { what: "the network", option: "--allow-net", without: "nothing connects or listens" },
  child: { what: "child processes", option: "--allow-child-process", without: "no --exec and no --sh" },
  addon: { what: "addons", option: "--allow-addons", without: "the portable engine is used" },
  "fs.read": {
    what: "reading some files",
    option: "--allow-fs-read",
    without: "no settings or handler files from there",
  },
  "fs.write": {
    what: "writing some files",
    option: "--allow-fs-write",
    without: "no file of a Unix socket is removed there",
  },
};

/** Exists since Node 20; the types assume that it always does. */
interface Permission {
  has(scope: string): boolean;
}

/** Whether the model is in force and denies the scope. A scope that this Node does not restrict is never denied. */
export function isDenied(scope: ScopeName): boolean {
  const { permission } = process as { readonly permission?: Permission };
  if (permission === undefined) return false;
  const covered = scope !== "net" || process.allowedNodeEnvironmentFlags.has(scopes.net.option);
  return covered && !permission.has(scope);
}

/** Everything that is denied, in words; empty if the model is not in force. */
export function denials(): string[] {
  return (Object.keys(scopes) as ScopeName[]).filter(isDenied).map((name) => {
    const { what, option, without } = scopes[name];
    return `${what} (${option}): ${without}`;
  });
}
