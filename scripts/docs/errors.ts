/**
 * docs/reference/errors.md, from the table of error codes and the command's rule of what ends with which exit code.
 */
import { errorCodes, NetError, type KnownErrorCode, type Stage } from "../../src/base/errors.ts";
import { systemCodes } from "../../src/base/system-codes.ts";
import type { CloseInfo } from "../../src/base/events.ts";
import { exitCodes, exitOfClose, exitOfError } from "../../src/cli/exit.ts";
import { isRetryable } from "../../src/net/index.ts";
import { code, table } from "./markdown.ts";

/**
 * How each error of an open connection or a server ends it; `goes on` if it does not, `datagrams` if
 * it affects those alone.
 */
const endings: Readonly<Partial<Record<KnownErrorCode, CloseInfo["how"] | "goes on" | "datagrams">>> = {
  ECONNREFUSED: "datagrams",
  EACCES: "datagrams",
  EMSGSIZE: "goes on",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ETIMEDOUT: "reset",
  ENETUNREACH: "reset",
  EHOSTUNREACH: "reset",
  ECONNABORTED: "reset",
  EHOSTDOWN: "reset",
  ENETRESET: "reset",
  ENONET: "reset",
  EPROTO: "reset",
  ERR_FIRST_BYTE_TIMEOUT: "timeout",
  ERR_IDLE_TIMEOUT: "timeout",
  ERR_MESSAGE_TIMEOUT: "timeout",
  ERR_WRITE_STALL_TIMEOUT: "timeout",
  ERR_HALF_CLOSE_TIMEOUT: "timeout",
  ERR_READ_TIMEOUT: "goes on",
  ERR_DRAIN_TIMEOUT: "aborted",
  ERR_ABORTED: "aborted",
  ERR_MESSAGE_TOO_LONG: "limit",
  ERR_WRITE_QUEUE_FULL: "limit",
  ERR_MESSAGE_INVALID: "protocol",
  ERR_TRUNCATED: "protocol",
  ERR_CLOSED: "goes on",
  ERR_PROXY_HEADER_INVALID: "goes on",
  ERR_PROXY_HEADER_TIMEOUT: "goes on",
  ERR_PROXY_HEADER_UNTRUSTED: "goes on",
  ERR_TLS_FAILED: "failed",
  ERR_TLS_TRUNCATED: "reset",
  ERR_TLS_CLIENT_CERTIFICATE_REQUIRED: "failed",
  ERR_TLS_CERTIFICATE_REJECTED: "failed",
  ERR_BUFFER_DETACHED: "failed",
  ERR_HANDLER_FAILED: "failed",
};

export function errorsPage(): string {
  const names = Object.keys(errorCodes) as KnownErrorCode[];
  const rows = names.flatMap((name) => {
    const { meaning, fix, stages, at = {} } = errorCodes[name];
    return [
      [code(name), meaning, fix, stages.join(", "), exitsOf(name), mayPass(name)],
      ...Object.entries(at).map(([where, one]) => [
        "",
        one.meaning,
        one.fix,
        where,
        exitOfVariant(name, where),
        "",
      ]),
    ];
  });
  return `# Errors

A failure outside the program is a [\`NetError\`](api/errors.md#neterror). It has \`code\`, \`stage\`, \`address\`, \`option\`
(which controls it), \`attempts\` (all attempts to connect) and \`cause\`. Its message is one line with all of that. An invalid
argument is a \`TypeError\`, thrown at once.

Some codes have another meaning at one stage, or for Unix sockets: they have further rows. Codes that are not in the table are
the system's own, under their names in errno(3). The command ends with ${exitCodes.system.code} then.

\`exit\` is the exit code of the [command](commands.md#exit-codes) if that error ends it. \`again\` marks the failures to connect
that \`backoff\` retries (\`isRetryable\`). An unreachable proxy is retried if the cause is marked.

${table(["code", "what has happened", "what to try", "stage", "exit", "again"], rows)}`;
}

/** The exit code at one stage, or of a Unix socket. */
function exitOfVariant(name: KnownErrorCode, where: string): string {
  const isUnix = where.startsWith("unix");
  const stage = (where.replace(/^unix ?/, "") || "connect") as Stage;
  return exitAt(name, stage, isUnix ? "unix:/path" : undefined);
}

function mayPass(name: KnownErrorCode): string {
  const stage = errorCodes[name].stages[0] ?? "connect";
  const passes = isRetryable(new NetError({ code: name, stage, happened: "" }));
  return passes ? "yes" : "";
}

/** The exit code, or which code at which stages; a dash where the error does not end the command. */
function exitsOf(name: KnownErrorCode): string {
  const stagesByExit = new Map<string, Stage[]>();
  for (const stage of errorCodes[name].stages) {
    const exit = exitAt(name, stage);
    stagesByExit.set(exit, [...(stagesByExit.get(exit) ?? []), stage]);
  }
  if (stagesByExit.size === 1) return [...stagesByExit.keys()].join();
  return [...stagesByExit].map(([exit, stages]) => `${exit} (${stages.join(", ")})`).join("; ");
}

/** The stages before there is a connection, so that the error is the only result. */
const establishing: readonly Stage[] = ["create", "resolve", "connect", "handshake", "bind", "listen"];

function exitAt(name: KnownErrorCode, stage: Stage, address?: string): string {
  const error = new NetError({ code: name, stage, address, happened: "" });
  if (establishing.includes(stage)) return String(exitCodes[exitOfError(error)].code);
  // A client that cannot be accepted ends neither the server nor another client.
  if (stage === "accept") return "–";
  const how = endings[name] ?? (Object.hasOwn(systemCodes, name) ? "failed" : undefined);
  if (how === undefined) throw new Error(`scripts/docs/errors.ts does not say how ${name} ends a connection`);
  if (how === "goes on") return "–";
  if (how === "datagrams") return String(exitCodes[exitOfError(error)].code);
  const counts = { bytesReceived: 0, bytesSent: 0, bytesUnsent: 0, durationMs: 0 };
  return String(exitCodes[exitOfClose({ how, by: "peer", stage, error, ...counts })].code);
}
