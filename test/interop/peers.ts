/**
 * The programs that the command is tested against, and their arguments for an address.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import net from "node:net";
import type { TestContext } from "node:test";
import { portcall, start, type Child } from "../support/command.ts";
import { isHere } from "../support/programs.ts";

export { temporaryFolder as folderFor } from "../support/folder.ts";

export { isHere, needs, pathOf, required } from "../support/programs.ts";

/** Several programs are called nc. This one is OpenBSD's, which Debian also has by this name. */
export const nc = isHere("nc.openbsd") ? "nc.openbsd" : "nc";

/** Whether a socket of this machine can have the address ::1. */
export const hasIpv6 = await new Promise<boolean>((resolve) => {
  const server = net.createServer();
  server.once("error", () => {
    resolve(false);
  });
  server.listen(0, "::1", () =>
    server.close(() => {
      resolve(true);
    }),
  );
});

export function python(t: TestContext, fixture: string, ...args: readonly string[]): Child {
  return start(t, "python3", [`test/interop/fixtures/${fixture}`, ...args]);
}

export function onTerminal(t: TestContext, program: string, ...args: readonly string[]): Child {
  return python(t, "terminal.py", program, ...args);
}

/** A Portcall server or listener on a port that the system chose. */
export async function listening(
  t: TestContext,
  ...args: readonly string[]
): Promise<{ readonly child: Child; readonly port: string }> {
  const child = portcall(t, args);
  const [, port = ""] = await child.printsOnStderr(/^listening on \S+:(\d+)\b/m);
  return { child, port };
}

/** The TCP port of a program that does not print it. */
export function portOf(child: Child): string {
  const pid = child.process.pid ?? 0;
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  for (const line of readFileSync("/proc/net/tcp", "latin1").split("\n")) {
    const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state === "0A" && sockets.includes(`socket:[${inode}]`)) {
      return String(Number.parseInt(local.slice(local.indexOf(":") + 1), 16));
    }
  }
  return assert.fail(`process ${pid} does not listen`);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
