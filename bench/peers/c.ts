/** Servers in C, written for the bench: the limit of the machine. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { release } from "node:os";
import { builtProgram, compileC } from "../compiler.ts";
import type { Presence } from "../presence.ts";
import type { Peer } from "./peer.ts";

/** Present if it compiles. `version` runs after that, and may throw, too. */
function compiled(
  source: string,
  version: () => string,
  library?: { name: string; package: string },
): Presence {
  try {
    compileC(source, library && [library.name]);
    return { state: "present", version: version() };
  } catch (error) {
    const [why = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { state: "absent", why: library ? `${why} (Debian: ${library.package})` : why };
  }
}

/** The first group of a pattern in a header of the system. */
const fromHeader = (path: string, pattern: RegExp): string | undefined =>
  pattern.exec(readFileSync(path, "utf8"))?.[1];

function uvVersion(): string {
  const header = "/usr/include/uv/version.h";
  const numbers = ["MAJOR", "MINOR", "PATCH"].map((part) =>
    fromHeader(header, new RegExp(`UV_VERSION_${part} (\\d+)`)),
  );
  return `libuv ${numbers.join(".")}`;
}

/** Many containers forbid io_uring. Without arguments the program reports that. */
function uringVersion(): string {
  const { status, stderr } = spawnSync(builtProgram("bench/servers/io_uring.c"), { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.trim());
  return `Linux ${release()}`;
}

export const cPeers: readonly Peer[] = [
  {
    name: "C epoll",
    about: "one thread, level-triggered epoll, one buffer for all clients; the measure of the others",
    find: () => compiled("bench/servers/epoll.c", () => `Linux ${release()}`),
    command: (service) => [builtProgram("bench/servers/epoll.c"), service],
  },
  {
    name: "C io_uring",
    about: "liburing: multishot accept and receive, buffers picked by the kernel, one system call a batch",
    find: () =>
      compiled("bench/servers/io_uring.c", uringVersion, { name: "uring", package: "liburing-dev" }),
    command: (service) => [builtProgram("bench/servers/io_uring.c"), service],
  },
  {
    name: "libuv",
    about: "libuv in C: `uv_read_start` into one buffer, `uv_try_write`",
    find: () => compiled("bench/servers/libuv.c", uvVersion, { name: "uv", package: "libuv1-dev" }),
    command: (service) => [builtProgram("bench/servers/libuv.c"), service],
  },
];
