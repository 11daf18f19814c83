/**
 * A handler source that is a program: one process for each client (`--exec`, `--sh`).
 */
import type { Target } from "../../../base/address/address.ts";
import { systemClock } from "../../../base/clock.ts";
import { serve, type Connection } from "../../../net/index.ts";
import { afterSetup, type HandlerSource } from "../handler-source.ts";
import { isDenied } from "../../system/permissions.ts";
import type { Terminal } from "../../tty/terminal.ts";
import { UsageError } from "../../usage.ts";
import { findProgram } from "./find-program.ts";
import { Programs } from "./programs.ts";
import { splitWords } from "./split-words.ts";

/** The most programs at once, unless --concurrency is given, because each may need much memory and time. */
const programsMax = 100;

export interface ProgramFlags {
  readonly exec?: string;
  readonly sh?: string;
  readonly "allow-remote"?: true;
  readonly "allow-browsers"?: true;
  readonly "proxy-protocol"?: true;
  readonly concurrency?: number;
  readonly verbose?: true;
  readonly explain?: true;
  readonly crlf?: boolean;
  readonly withNcatNames?: boolean;
}

/**
 * @throws {UsageError} for an invalid command, or an address that other machines can reach, directly or through a load balancer, unless that is allowed
 *   (F100).
 * @throws {FileError} if there is no such program.
 */
export function programSource(
  flags: ProgramFlags,
  target: Target | undefined,
  terminal: Terminal,
): HandlerSource {
  if (process.platform === "win32") {
    throw new UsageError("--exec needs process groups, which Windows does not have");
  }
  if (isDenied("child")) {
    throw new UsageError(
      "--exec starts programs, which Node's permission model denies; start Node with --allow-child-process",
    );
  }
  const words = commandOf(flags);
  const name = flags.sh ?? words.join(" ");
  const isLocal = isReachedFromHereOnly(target);
  if (!isLocal && flags["allow-remote"] !== true) {
    throw new UsageError(
      `any client that reaches ${addressName(target)} could use ${name}; ` +
        "listen on 127.0.0.1, or allow it with --allow-remote",
    );
  }
  if (flags["proxy-protocol"] === true && flags["allow-remote"] !== true) {
    throw new UsageError(
      `the load balancer may pass clients of other machines on to ${name}; allow it with --allow-remote`,
    );
  }
  const [program = "", ...args] = words;
  const programs = new Programs({
    command: [findProgram(program, process.env["PATH"]), ...args],
    programsMax: flags.concurrency ?? programsMax,
    crlf: flags.crlf ?? false,
    withNcatNames: flags.withNcatNames ?? false,
    // A page cannot reach a Unix socket, and a proxy such as nginx in front of one passes on a browser's headers.
    allowBrowsers: flags["allow-browsers"] === true || target?.scheme === "unix",
    verbose: flags.verbose === true || flags.explain === true,
    terminal,
    clock: systemClock,
  });
  return {
    name,
    options: {
      concurrency: programsMax,
      // Only the program knows which side must send, and how long it may take.
      firstByteTimeoutMs: Infinity,
      idleTimeoutMs: Infinity,
      halfCloseTimeoutMs: Infinity,
    },
    async begin(options, meet) {
      const server = await serve(
        options,
        afterSetup(meet, (client: Connection) => programs.serve(client)),
      );
      if (!isLocal)
        terminal.say(`warning: any client that reaches this address can use ${name}, as ${user()}`);
      return server;
    },
    end: () => programs.end(),
  };
}

function commandOf({ exec, sh }: ProgramFlags): string[] {
  if (sh !== undefined) {
    if (sh.trim() === "") throw new UsageError("--sh needs a line for the shell");
    return ["/bin/sh", "-c", sh];
  }
  const words = splitWords(exec ?? "", "--exec");
  if (words.length === 0 || words[0] === "") throw new UsageError("--exec needs a program, as in --exec cat");
  return words;
}

/**
 * Whether only this machine can connect there. The name localhost is always this machine. The address of a socket
 * that another process has bound is not known.
 */
function isReachedFromHereOnly(target: Target | undefined): boolean {
  if (target === undefined) return false;
  if (target.scheme === "unix") return true;
  return /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/.test(target.host);
}

function addressName(target: Target | undefined): string {
  if (target === undefined) return "that socket (--fd)";
  return target.scheme === "unix" ? target.path : target.host;
}

function user(): string {
  return process.getuid?.() === 0 ? "root" : "you";
}
