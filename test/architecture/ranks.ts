/**
 * Who may import whom: the table, and the check of a tree of files against it.
 *
 * A file may import any file of its own folder, any file of base/, and the index.ts of a folder of a lower rank. Folders of
 * one rank do not know each other: the command puts them together. Within wire/, net/ and cli/ the rooms have an order. src/index.ts and src/engine.ts
 * are the package's faces: they may take from every folder but cli/, and no file imports them. Nowhere do imports form a circle, type-only ones included.
 */
import { posix } from "node:path";
import { cyclesIn } from "./cycles.ts";
import { importsOf } from "./imports.ts";

interface Folder {
  rank: number;
  /** The `node:` modules it may import; `node:fs` stands for `node:fs/promises` too. */
  node: readonly string[] | "all but sockets";
  /** The packages it may import. `import "portcall"` loads none, so only what the command loads may have some. */
  packages: readonly string[] | "all";
}

/** To let a folder use one more module, add it to its row, and think first whether it belongs in that folder. */
export const folders: Readonly<Record<string, Folder>> = {
  base: { rank: 0, node: [], packages: [] },
  codec: { rank: 1, node: [], packages: [] },
  wire: {
    rank: 2,
    node: [
      "node:net",
      "node:tls",
      "node:crypto",
      "node:stream",
      "node:dgram",
      "node:fs",
      "node:module",
      "node:os",
      "node:path",
      "node:url",
      "node:util",
    ],
    packages: [],
  },
  net: {
    rank: 3,
    node: ["node:dns", "node:fs", "node:os", "node:events", "node:diagnostics_channel", "node:stream"],
    packages: [],
  },
  talk: { rank: 3, node: ["node:fs"], packages: [] },
  services: { rank: 4, node: [], packages: [] },
  proxy: { rank: 4, node: [], packages: [] },
  script: { rank: 4, node: [], packages: [] },
  load: { rank: 4, node: [], packages: ["hdr-histogram-js"] },
  inspect: { rank: 4, node: ["node:http", "node:fs"], packages: [] },
  testing: { rank: 4, node: ["node:assert", "node:diagnostics_channel"], packages: [] },
  sockets: { rank: 4, node: ["node:stream"], packages: [] },
  cli: { rank: 5, node: "all but sockets", packages: "all" },
};

/**
 * The order within a folder of many rooms, the lowest first: a file may import from its own room and from those before it.
 * An entry is a folder, or a file that lies directly in the large one. Those of an inner list do not import each other.
 */
const rooms: Readonly<Record<string, readonly (string | readonly string[])[]>> = {
  wire: [
    ...["tcp-info.ts", "tls-info.ts", "socket-options.ts", "wire-error.ts", "datagram.ts", "wire.ts"],
    ...["shared", "addon", ["memory", "native", "portable"], "tls", "choose-engine.ts", "index.ts"],
  ],
  net: [
    ...["diagnostics.ts", "timing", "dns", "connection", "proxy-client", "starttls"],
    ...["options", "client", "server", "udp", "index.ts"],
  ],
  cli: [
    ...[
      "tls-reason.ts",
      "exit.ts",
      "usage.ts",
      "version.ts",
      "error-line.ts",
      "system",
      "json",
      "tty",
      "signals.ts",
    ],
    ...["args", "tls", "command.ts", "config", "report", "help", "completion", "doctor"],
    ...["session", "serve", "nc", "commands", "run.ts", "main.ts"],
  ],
};

/** The entries of the package that export what the folders have, and nothing else. */
const faces: ReadonlySet<string> = new Set(["src/index.ts", "src/engine.ts"]);
const socketModules = ["node:net", "node:tls", "node:dgram", "node:dns"];

export interface Verdict {
  /** How many imports were looked at; a check that saw none has proved nothing. */
  imports: number;
  /** One line for each import that breaks a rule, and for each circle. */
  violations: string[];
}

/** Checks source files, given as path (`src/net/client/connect.ts`) and text, against the table. */
export function checkRanks(files: ReadonlyMap<string, string>): Verdict {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  let imports = 0;

  for (const [path, source] of files) {
    if (!faces.has(path) && folders[folderOf(path)] === undefined) {
      violations.push(
        `${path}: no row of the table in test/architecture/ranks.ts says what this folder may import`,
      );
      continue;
    }
    const targets: string[] = [];
    for (const { specifier, line } of importsOf(path, source)) {
      imports += 1;
      const relative = specifier.startsWith(".");
      const target = relative ? posix.join(posix.dirname(path), specifier) : specifier;
      if (relative) targets.push(target);
      const fault = relative ? faultOfFile(path, target, files) : faultOfModule(path, specifier);
      if (fault !== undefined) violations.push(`${path}:${line} imports ${target}: ${fault}`);
    }
    graph.set(path, targets);
  }
  for (const cycle of cyclesIn(graph)) violations.push(`circle of imports: ${cycle.join(" -> ")}`);
  return { imports, violations };
}

/** `net` for src/net/connection/close-info.ts and for src/net/deep/closing.ts. */
function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** What is wrong with one source file importing another, if anything is. */
function faultOfFile(from: string, to: string, files: ReadonlyMap<string, string>): string | undefined {
  if (!files.has(to)) return "there is no such file in src";
  if (faces.has(to)) return "src does not import the library's own face";
  const [own, other] = [folderOf(from), folderOf(to)];
  if (own === other) return faultOfRoom(own, from, to);
  if (other === "base") return undefined;
  if (faces.has(from)) {
    if (other === "cli") return "the library does not contain the command";
  } else if (rankOf(own) <= rankOf(other)) {
    return `${own}/ (rank ${rankOf(own)}) may import lower ranks only, and ${other}/ has rank ${rankOf(other)}`;
  }
  return to === `src/${other}/index.ts` ? undefined : `reach ${other}/ through its index.ts`;
}

/** What is wrong with an import within a folder of many rooms, if anything is. */
function faultOfRoom(folder: string, from: string, to: string): string | undefined {
  const order = rooms[folder];
  if (order === undefined) return undefined;
  const [own, other] = [from, to].map((path) => path.split("/")[2] ?? "") as [string, string];
  if (own === other) return undefined;
  const positionOf = (room: string): number =>
    order.findIndex((entry) => (typeof entry === "string" ? [entry] : entry).includes(room));
  const [ownPosition, otherPosition] = [positionOf(own), positionOf(other)];
  if (ownPosition < 0 || otherPosition < 0)
    return `${folder}/${ownPosition < 0 ? own : other} has no position in the order of test/architecture/ranks.ts`;
  if (otherPosition < ownPosition) return undefined;
  if (otherPosition === ownPosition)
    return `${folder}/${own} and ${folder}/${other} may not import each other`;
  return `${folder}/${own} may import what stands before it in its order, and ${folder}/${other} stands behind it`;
}

/** What is wrong with a source file importing a module of Node or a package, if anything is. */
function faultOfModule(from: string, specifier: string): string | undefined {
  if (faces.has(from)) return "the library's face exports what the folders have, and nothing else";
  const own = folderOf(from);
  const allowed = folders[own];
  if (specifier.startsWith("node:")) {
    const module = specifier.split("/")[0] ?? "";
    const fine =
      allowed?.node === "all but sockets" ? !socketModules.includes(module) : allowed?.node.includes(module);
    return fine ? undefined : `${own}/ may not use ${module}`;
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const fine = allowed?.packages === "all" || allowed?.packages.includes(name);
  return fine ? undefined : `${own}/ may not load the package ${name}`;
}

function rankOf(folder: string): number {
  return folders[folder]?.rank ?? Number.NaN;
}
