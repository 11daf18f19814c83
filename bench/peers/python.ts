/** Python: Debian's, as uvloop comes from there. */
import { commandVersion, presentIf, type Presence } from "../presence.ts";
import { projectPath } from "../project.ts";
import { onlyIn } from "../workloads.ts";
import type { Peer } from "./peer.ts";

/** Another Python may come before Debian's on the PATH, without its packages. */
const python =
  ["python3", "/usr/bin/python3"].find(
    (program) => commandVersion(program, ["-c", "import uvloop; print(1)"]) !== undefined,
  ) ?? "python3";

/** @param version An expression of Python; what it needs is imported before. */
function find(version: string, imports: string, whyNot: string): Presence {
  return presentIf(commandVersion(python, ["-c", `import ${imports}; print(${version})`]), whyNot);
}

const asyncio = projectPath("bench/servers/asyncio-protocol.py");

export const pythonPeers: readonly Peer[] = [
  {
    name: "asyncio",
    about: "a Protocol: `data_received` and `transport.write`",
    find: () => find("'Python', platform.python_version()", "platform", `no ${python} (Debian: python3)`),
    command: (service) => [python, asyncio, service],
  },
  {
    name: "uvloop",
    about: "the same Protocol on uvloop",
    find: () =>
      find("'uvloop', uvloop.__version__", "uvloop", `no uvloop in ${python} (Debian: python3-uvloop)`),
    command: (service) => [python, asyncio, "--uvloop", service],
  },
  {
    name: "Python threads",
    about: "`socketserver.ThreadingTCPServer`: a thread a client, `recv` and `sendall`",
    find: () => find("'Python', platform.python_version()", "platform", `no ${python} (Debian: python3)`),
    command: (service) => [python, projectPath("bench/servers/python-threads.py"), service],
    unfit: onlyIn(["echo-64", "churn"], "measured in echo-64 and churn alone, to save time"),
  },
];
