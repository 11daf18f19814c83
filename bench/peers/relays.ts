/** The tools that run a program for each client: what a server costs without writing one. */
import { commandVersion, presentIf } from "../presence.ts";
import { onlyIn } from "../workloads.ts";
import type { Peer } from "./peer.ts";

const unfit = onlyIn(["echo-64", "churn"], "it needs two processes for each client");

export const relayPeers: readonly Peer[] = [
  {
    name: "ncat -e cat",
    about: "`ncat -l -k -e /bin/cat`: two processes a client, pipes between them",
    find: () =>
      presentIf(
        commandVersion("ncat", ["--version"], /(Version \S+)/)?.replace("Version", "Ncat"),
        "no ncat on the PATH (Debian: ncat)",
      ),
    command: () => ["ncat", "-l", "-k", "--max-conns", "1000", "-e", "/bin/cat", "127.0.0.1", "{port}"],
    forks: true,
    unfit,
  },
  {
    name: "socat",
    about: "`socat TCP-LISTEN:…,fork EXEC:cat`: two processes a client, a socket pair between them",
    find: () =>
      presentIf(
        commandVersion("socat", ["-V"], /^(socat version \S+)/m)?.replace("version ", ""),
        "no socat on the PATH (Debian: socat)",
      ),
    command: () => [
      "socat",
      "TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay",
      "EXEC:cat",
    ],
    forks: true,
    unfit,
  },
];
