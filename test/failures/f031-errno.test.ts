/**
 * F31: every error of a socket call has its own code, stage, words, exit code and advice.
 *
 * The errors are those of connect(2), bind(2), listen(2), send(2), recv(2), ip(7), tcp(7) and unix(7).
 */
import assert from "node:assert/strict";
import { constants } from "node:os";
import { describe, test } from "node:test";
import { errorCodes, NetError, isRetryable } from "../../src/index.ts";
import { explainError } from "../../src/base/errors.ts";
import type { Stage } from "../../src/base/stage.ts";
import { whyNoEpoll, whyNoUring } from "../../src/wire/index.ts";
import { exitOfError, type ExitName } from "../../src/cli/exit.ts";
import type { ErrnoCase } from "./programs/errno.ts";
import { inNamespace, noNamespaces } from "./support/namespace.ts";
import { unless } from "./support/needs.ts";
import { startProgram } from "./support/program.ts";
import { compileShim, noCompiler } from "./support/shim.ts";

type Call = ErrnoCase["call"];

/** Names of Linux that Node's list lacks. */
const others: Readonly<Record<string, number>> = {
  EHOSTDOWN: 112,
  ENONET: 64,
  ESOCKTNOSUPPORT: 94,
  EPFNOSUPPORT: 96,
};

function numberOf(code: string): number {
  return (constants.errno as Readonly<Record<string, number>>)[code] ?? others[code] ?? 0;
}

interface Row {
  readonly call: readonly Call[];
  readonly codes: string;
  readonly exit: ExitName;
  readonly again: boolean;
}

const tcp = ["connect", "later"] as const;
const rows: readonly Row[] = [
  { call: tcp, codes: "ECONNREFUSED ENOPROTOOPT", exit: "refused", again: true },
  {
    call: tcp,
    codes: "ENETUNREACH EHOSTUNREACH ENETDOWN EHOSTDOWN ENONET ENODEV",
    exit: "unreachable",
    again: true,
  },
  { call: tcp, codes: "EACCES EAFNOSUPPORT EINVAL", exit: "unreachable", again: false },
  {
    call: ["connect"],
    codes: "EPROTONOSUPPORT ESOCKTNOSUPPORT EPFNOSUPPORT ENOSYS",
    exit: "unreachable",
    again: false,
  },
  { call: tcp, codes: "EPERM", exit: "forbidden", again: false },
  { call: tcp, codes: "ETIMEDOUT", exit: "connectTimeout", again: true },
  { call: tcp, codes: "ECONNRESET ECONNABORTED ENETRESET EPIPE EPROTO", exit: "reset", again: true },
  { call: ["connect"], codes: "EADDRINUSE EADDRNOTAVAIL", exit: "bind", again: true },
  { call: tcp, codes: "EMFILE ENFILE ENOBUFS ENOMEM ENOSR EAGAIN", exit: "exhausted", again: true },
  { call: ["connect"], codes: "EBADF EFAULT EALREADY EISCONN", exit: "software", again: false },
  { call: ["connect unix"], codes: "ECONNREFUSED ENOENT", exit: "refused", again: true },
  {
    call: ["connect unix"],
    codes: "ENOTDIR ELOOP ENAMETOOLONG EPROTOTYPE ENOTSOCK",
    exit: "refused",
    again: false,
  },
  { call: ["connect unix"], codes: "EACCES EPERM", exit: "forbidden", again: false },
  { call: ["connect unix"], codes: "ENOMEM ENOBUFS ENFILE", exit: "exhausted", again: true },
  { call: ["connect unix"], codes: "ECONNRESET EPIPE", exit: "reset", again: true },
  {
    call: ["bind"],
    codes: "EACCES EPERM EADDRINUSE EADDRNOTAVAIL EINVAL ENODEV EAFNOSUPPORT",
    exit: "bind",
    again: false,
  },
  { call: ["bind", "bind unix"], codes: "EMFILE ENFILE ENOBUFS ENOMEM", exit: "exhausted", again: true },
  {
    call: ["bind unix"],
    codes: "EACCES EPERM ENOTDIR ELOOP ENAMETOOLONG EROFS EIO",
    exit: "bind",
    again: false,
  },
  { call: ["bind unix"], codes: "ENOSPC EDQUOT", exit: "exhausted", again: true },
  { call: ["listen"], codes: "EADDRINUSE ENOTSUP EPERM", exit: "bind", again: false },
  {
    call: ["send"],
    codes: "EHOSTUNREACH ENETUNREACH ENETDOWN EACCES EPERM ENOBUFS ENOMEM ENOTCONN EIO",
    exit: "ok",
    again: false,
  },
  {
    call: ["receive"],
    codes:
      "ECONNRESET ETIMEDOUT EHOSTUNREACH ENETUNREACH ECONNREFUSED ENOMEM ENOBUFS EHOSTDOWN EPROTO ENOTCONN EIO",
    exit: "ok",
    again: false,
  },
  // Not in the table: the words contain the code, and are not those of another failure.
  {
    call: [...tcp, "connect unix", "bind", "listen"],
    codes: "EXDEV ENOEXEC ERRNO_133",
    exit: "system",
    again: false,
  },
];

const stages: Readonly<Record<Call, Stage>> = {
  connect: "connect",
  later: "connect",
  "connect unix": "connect",
  bind: "bind",
  "bind unix": "bind",
  listen: "bind",
  send: "send",
  receive: "receive",
};

interface Expected extends ErrnoCase {
  readonly code: string;
  readonly exit: ExitName;
  readonly again: boolean;
}

const cases = rows.flatMap(({ call, codes, exit, again }) =>
  codes.split(" ").flatMap((code) =>
    call.map((one): Expected => ({
      call: one,
      code,
      errno: code.startsWith("ERRNO_") ? Number(code.slice(6)) : numberOf(code),
      exit,
      again: again && code !== "ENOPROTOOPT",
    })),
  ),
);

/** Failures that this shim cannot cause there. */
function isOutOfReach(engine: string, { call, code }: Expected): boolean {
  // Completions of a ring do not come from a call that the shim could replace.
  if (engine === "io_uring" && (call === "send" || call === "receive")) return true;
  // libuv reports EINVAL for the first, and waits at the second as at EAGAIN.
  if (engine !== "portable") return false;
  return (call === "bind" && code === "EAFNOSUPPORT") || (call === "send" && code === "ENOBUFS");
}

const engines = { epoll: whyNoEpoll(), io_uring: whyNoUring(), portable: undefined } as const;

for (const [engine, whyNot] of Object.entries(engines)) {
  describe(`F31: on ${engine}`, unless(whyNot, noNamespaces, noCompiler), () => {
    test("each error of each call has its own code, words, exit and advice", async (t) => {
      const { library } = compileShim("errno");
      const wanted = cases.filter((one) => !isOutOfReach(engine, one));
      const behind = [...inNamespace({}), "env", `LD_PRELOAD=${library}`];
      const program = startProgram(
        t,
        "errno",
        { engine, cases: wanted.map(({ call, errno }) => ({ call, errno })) },
        { behind },
      );
      await program.line("done");
      const outcomes = program.lines.filter(({ type }) => type === "outcome") as unknown as readonly {
        readonly error?: {
          readonly name: string;
          readonly code: string;
          readonly stage: Stage;
          readonly message: string;
          readonly address?: string;
          readonly option?: string;
        };
      }[];
      assert.equal(outcomes.length, wanted.length);
      for (const [index, expected] of wanted.entries()) {
        const { call, code, exit, again } = expected;
        await t.test(`${call}: ${code}`, () => {
          const { error } = outcomes[index] ?? {};
          assert.equal(error?.name, "NetError", error?.message ?? "it succeeded");
          assert.deepEqual([error?.code, error?.stage], [code, stages[call]]);
          const failure = new NetError({ ...(error as { code: string; stage: Stage }), happened: "" });
          if (exit !== "ok") assert.equal(exitOfError(failure), exit);
          if (stages[call] === "connect") assert.equal(isRetryable(failure), again);
          assert.ok(error?.message.endsWith(`(${code})`), error?.message);
          const { meaning, fix } = explainError(failure);
          assert.ok(meaning.endsWith(".") && fix.endsWith("."));
          assert.equal(Object.hasOwn(errorCodes, code), exit !== "system");
          if (exit === "system") assert.ok(meaning.includes(code) && meaning.includes(stages[call]), meaning);
        });
      }
    });
  });
}

test("no two codes are explained in the same words", () => {
  const seen = new Map<string, string>();
  const alike = new Set([
    "EPROTONOSUPPORT",
    "ESOCKTNOSUPPORT",
    "EPFNOSUPPORT",
    "ENOSYS",
    "EALREADY",
    "EINPROGRESS",
  ]);
  for (const [code, { meaning }] of Object.entries(errorCodes)) {
    if (alike.has(code)) continue;
    assert.equal(seen.get(meaning), undefined, `${code} says the same as ${seen.get(meaning) ?? ""}`);
    seen.set(meaning, code);
  }
});
