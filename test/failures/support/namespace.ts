/**
 * A network, and files of /etc, for a single process.
 *
 * The process runs under `unshare`, and the network ends with it. Nothing is left on the machine, and tests do not see
 * each other's networks. Not every machine allows this.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missing } from "../../support/programs.ts";
import { cannotRun, notLinux } from "./needs.ts";

export interface NamespaceOptions {
  /** Commands for `sh`, run once the loopback interface is up. */
  readonly setup?: readonly string[];
  /** Files that replace the machine's own, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Root needs no user namespace, and may be allowed where others are not. */
const unshare = ["unshare", ...(process.getuid?.() === 0 ? [] : ["-r"]), "--net", "--mount"] as const;

/** Why namespaces are unavailable. */
export const noNamespaces: string | undefined =
  notLinux ??
  missing("unshare", "ip", "mount") ??
  cannotRun(
    "this needs namespaces",
    ...unshare,
    "sh",
    "-ec",
    "ip link set lo up; mount --bind /etc/hosts /etc/hosts",
  );

/** The words in front of a command that runs it in its own namespace. */
export function inNamespace({ setup = [], files = {} }: NamespaceOptions): string[] {
  const folder = mkdtempSync(join(tmpdir(), "portcall-namespace-"));
  const mounts = Object.entries(files).map(([path, text], index) => {
    const file = join(folder, String(index));
    writeFileSync(file, text);
    return `mount --bind ${file} ${path}`;
  });
  const script = ["ip link set lo up", ...mounts, `rm -r ${folder}`, ...setup, 'exec "$@"'];
  return [...unshare, "sh", "-ec", script.join("\n"), "sh"];
}

/**
 * Commands for a network that drops packets: 10.9.0.2 and fd00:9::2 have a neighbour entry, so no query is sent for
 * them, and the far end of the cable does not have their addresses.
 */
export const blackHole: readonly string[] = [
  "ip link add near type veth peer name far",
  "ip addr add 10.9.0.1/24 dev near",
  "ip -6 addr add fd00:9::1/64 dev near nodad 2>/dev/null || true",
  "ip link set near up",
  "ip link set far up",
  "ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev near",
  "ip -6 neigh add fd00:9::2 lladdr 02:00:00:00:00:02 dev near 2>/dev/null || true",
];
