/** Other runtimes: Bun, Deno and Go. */
import { builtProgram, compileGo } from "../compiler.ts";
import { commandVersion, compiledServer, presentIf, type Presence } from "../presence.ts";
import { findInstalled, installedProgram } from "./installed.ts";
import type { Peer } from "./peer.ts";

const bun = "@oven/bun-linux-x64/bin/bun";
const deno = "@deno/linux-x64-glibc/deno";
const goSource = "bench/servers/go-net.go";

function findGo(): Presence {
  const version = commandVersion("go", ["version"], /go(\d\S*)/);
  if (version !== undefined) compileGo(goSource);
  return presentIf(version && `Go ${version}`, "no go on the PATH (Debian: golang-go)");
}

export const runtimePeers: readonly Peer[] = [
  {
    name: "Bun.listen",
    about: "Bun's own sockets: one set of handlers, `socket.write`",
    find: () => findInstalled("Bun", bun),
    command: (service) => [installedProgram(bun), compiledServer("bun-listen"), service],
  },
  {
    name: "Deno.listen",
    about: "a loop of `read` and `write` a client, over a buffer of its own",
    find: () => findInstalled("Deno", deno),
    command: (service) => [
      ...[installedProgram(deno), "run", "--allow-net", "--v8-flags=--expose-gc"],
      ...[compiledServer("deno-listen"), service],
    ],
  },
  {
    name: "Go net",
    about: "a goroutine a client, `Read` and `Write` over a buffer of 32 KiB",
    find: findGo,
    command: (service) => [builtProgram(goSource), service],
  },
];
