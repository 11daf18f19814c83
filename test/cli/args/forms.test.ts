/**
 * Every option of `connect`, `listen` and `serve` in every form of the command: it is
 * accepted, or refused as a mistake in the line, with its name. What is accepted and what
 * is refused stands below, written out by hand.
 *
 * The addresses cannot be used, so no accepted line can succeed, and each command ends.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { services } from "../../../src/services/index.ts";
import { commands } from "../../../src/cli/commands/index.ts";
import { fittingOptions } from "../../../src/cli/args/forms.ts";
import { optionNames, parseLine, type OptionRow } from "../../../src/cli/args/options.ts";
import { run } from "../../../src/cli/run.ts";
import { Terminal } from "../../../src/cli/tty/terminal.ts";
import { temporaryFolder } from "../../support/folder.ts";

const folder = temporaryFolder();
const file = join(folder, "handler.mjs");
writeFileSync(file, "export default () => undefined;\n");
/** An address for documentation (RFC 5737), which no machine has. */
const [here, nowhere] = ["192.0.2.1:9", join(folder, "no/socket")];

interface Forms {
  readonly command: string;
  /** The columns: words that make the form. */
  readonly forms: readonly (readonly string[])[];
  /** `+` is accepted, `-` refused, `.` is not tried. */
  readonly matrix: string;
}

const tables: readonly Forms[] = [
  {
    command: "connect",
    forms: [
      ["127.0.0.1:9"],
      ["-u", "-q", "0", "127.0.0.1:9"],
      ["-U", nowhere],
      ["-z", "127.0.0.1:9"],
      ["-zu", "127.0.0.1:9"],
      ["-zU", nowhere],
      ["-z", "127.0.0.1:9", "127.0.0.1:10"],
      ["tls://127.0.0.1:9"],
    ],
    matrix: `
      ipv4                ++-++-++
      ipv6                --------
      udp                 ++-++-+-
      unix                +-++-++.
      engine              ++++++++
      timeout             ++++++++
      connect-timeout     ++++++++
      idle-timeout        +++----+
      shutdown            +-+----+
      no-shutdown         +-+----+
      quit                +++----+
      recv-only           +-+----+
      send-only           +-+----+
      half-close-timeout  +-+----+
      source              ++-++-++
      source-port         ++-++--+
      zero                +-++++++
      any                 ---++++-
      concurrency         ---++++-
      count               -+------
      broadcast           -+------
      retry               +-++-+++
      retry-delay         +-++-+++
      wait                +-++-+++
      proxy               +--+--++
      proxy-protocol      +-+----+
      telnet              +-+----+
      tls                 +-++-+++
      starttls            +-++-++-
      ca                  -------+
      cert                -------+
      key                 -------+
      key-password-file   -------+
      sni                 -------+
      alpn                -------+
      min-version         -------+
      ciphers             -------+
      insecure            -------+
      crlf                +-+----+
      hex                 +++----+
      raw                 +++----+
      no-history          +-+----+
      verbose             ++++++++
      explain             ++++++++
      json                ++++++++
      color               ++++++++
    `,
  },
  {
    command: "listen",
    forms: [[here], ["-k", here], ["-u", here], ["-uk", here], ["-U", nowhere], ["-kU", nowhere]],
    matrix: `
      keep                ++++++
      connections         ++--++
      backlog             ++--++
      timeout             ++++++
      idle-timeout        ++++++
      proxy-protocol      ----++
      proxy-protocol-from ------
      tls                 ++--++
      cert                ++--++
      key                 ++--++
      key-password-file   ++--++
      ca                  ++--++
      shutdown            ++--++
      no-shutdown         ++--++
      quit                +---+-
      recv-only           ++--++
      send-only           ++--++
      half-close-timeout  ++--++
      crlf                ++--++
      hex                 +++-++
      raw                 ++++++
      no-history          ++--++
      interface           ------
      ipv4                ++++--
      ipv6                ------
      udp                 ++++--
      unix                ......
      engine              ++++++
      verbose             ++++++
      explain             ++++++
      json                ++++++
      color               ++++++
    `,
  },
  {
    command: "serve",
    forms: [
      ["reply", here],
      ["chat", here],
      ["--exec", "cat", "--allow-remote", here],
      [file, here],
      ["reply", "-U", nowhere],
      ["reply", "-u", here],
      ["reply", "--fd", "999"],
    ],
    matrix: `
      exec                --+----
      sh                  -------
      allow-remote        --+----
      allow-browsers      --+----
      watch               ---+---
      concurrency         +++++-+
      connections         +++++-+
      messages            +---+++
      backlog             +++++-+
      fd                  ------+
      reuse-port          ++++---
      per-source          ++++--+
      allow               ++++--+
      deny                ++++--+
      proxy-protocol      ----+--
      proxy-protocol-from -------
      tls                 +++++-+
      cert                +++++-+
      key                 +++++-+
      key-password-file   +++++-+
      ca                  +++++-+
      welcome             ++--+-+
      reply               +---+++
      frame               +---+-+
      telnet              +++++-+
      timeout             +++++-+
      drain               +++++-+
      rate                -----+-
      interface           -------
      ipv4                ++++-+-
      ipv6                -------
      udp                 +----+-
      unix                .......
      engine              +++++++
      verbose             +++++++
      explain             +++++++
      json                +++++++
      color               +++++++
    `,
  },
];

const values: Readonly<Record<string, string>> = {
  "<time>": "1ms",
  "<list>": "127.0.0.1",
  "<ip>": "127.0.0.1",
  "<proxy>": "socks5://127.0.0.1:9",
  "<command>": "cat",
  "<line>": "cat",
  "<frame>": "lines",
  "<auto|epoll|io_uring|portable>": "auto",
  "<auto|always|never>": "never",
  "<1.2|1.3>": "1.3",
  "<ciphers>": "HIGH",
  "<protocol>": "smtp",
};

/** What an option needs, so that it has an effect. */
const companionsOf: Readonly<Record<string, readonly string[]>> = {
  "retry-delay": ["--retry=1"],
  cert: ["--key=1"],
  key: ["--cert=1"],
  "key-password-file": ["--cert=1", "--key=1"],
};

function wordOf(name: string, { value }: OptionRow<unknown>): string {
  if (value === undefined) return name.length === 1 ? `-${name}` : `--${name}`;
  return `--${name}=${value.whenLeftOut ?? values[value.placeholder] ?? (name === "fd" ? "999" : "1")}`;
}

/** A server needs all of these for each of them. */
function serversNeed(command: string, name: string): readonly string[] {
  const isForTls = ["tls", "ca", "cert", "key", "key-password-file"].includes(name);
  return command !== "connect" && isForTls ? ["--tls", "--cert=1", "--key=1"] : [];
}

/** How a line ends, and what it says. */
async function outcome(argv: readonly string[]): Promise<{ exit: string; said: string }> {
  const stderr = new PassThrough();
  let said = "";
  stderr.on("data", (bytes) => (said += String(bytes)));
  const streams = { stdin: new PassThrough().end(), stdout: new PassThrough().resume(), stderr, env: {} };
  const terminal = new Terminal(streams as unknown as ConstructorParameters<typeof Terminal>[0]);
  const exit = await run(argv, terminal);
  return { exit, said };
}

for (const { command, forms, matrix } of tables) {
  const rows = new Map(
    matrix
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/) as [string, string]),
  );
  describe(`the options of ${command} in each form`, () => {
    test("each has a row", async () => {
      const { options = {} } = (await commands.load(command)) ?? {};
      assert.deepEqual([...rows.keys()].toSorted(), Object.keys(options).toSorted());
    });

    for (const [column, form] of forms.entries()) {
      test(form.join(" ").replaceAll(`${folder}/`, ""), async () => {
        const { options = {} } = (await commands.load(command)) ?? {};
        for (const [name, row] of Object.entries(options)) {
          const expected = rows.get(name)?.[column];
          // A path in place of an address: another form, where something could be bound.
          if (expected === ".") continue;
          const companions = [...(companionsOf[name] ?? []), ...serversNeed(command, name)];
          const { exit, said } = await outcome([command, ...companions, wordOf(name, row), ...form]);
          const isRefused = exit === "usage";
          const line = `${wordOf(name, row)} ${form.join(" ")}: ${exit}, ${said}`;
          assert.equal(isRefused ? "-" : "+", expected, line);
          const spellings = [...optionNames(name, row), ...form];
          if (isRefused)
            assert.ok(
              spellings.some((word) => said.includes(word.slice(0, 2))),
              line,
            );
        }
      });
    }
  });
}

test("each word by which a row refuses is one that a command gives to a line", async () => {
  const lines = [
    ...tables.flatMap(({ command, forms }) => forms.map((form) => [command, ...form])),
    ...services.map(({ name }) => ["serve", name, here]),
    ["serve", "--reuse-port", "--engine", "portable", here],
  ];
  const given = new Set<string>();
  const refusing = new Set<string>();
  for (const [name = "", ...argv] of lines) {
    const command = await commands.load(name);
    assert.ok(command);
    for (const { unfit = {} } of Object.values(command.options)) {
      for (const word of Object.keys(unfit)) refusing.add(word);
    }
    for (const word of Object.keys(command.formOf?.(parseLine(argv, command.options)) ?? {})) given.add(word);
  }
  assert.deepEqual(
    [...refusing].filter((word) => !given.has(word)),
    [],
  );
});

describe("an option that does not fit the line", () => {
  const table = {
    one: { brief: "", excludes: { two: "% and $ exclude each other" } },
    two: { brief: "", unfit: { udp: "% is not for $" } },
    guard: { brief: "", unfit: { udp: { why: "% is not for udp", always: true } } },
    more: { brief: "", needs: ["one", "two"] },
  } as const;
  const fit = (
    given: readonly (keyof typeof table)[],
    typed: readonly (keyof typeof table)[],
    form: Readonly<Record<string, string>> = {},
  ): string => {
    const [all, own] = [given, typed].map((names) => Object.fromEntries(names.map((name) => [name, true])));
    const line = { table, formOf: () => form, spelling: (name: string) => `--${name}` };
    return Object.keys(fittingOptions({ ...line, given: all ?? {}, typed: own ?? {} })).join(" ");
  };

  test("is refused if it was typed, with the reason of its row", () => {
    assert.throws(
      () => fit(["one", "two"], ["one", "two"]),
      /^UsageError: --one and --two exclude each other$/,
    );
    assert.throws(
      () => fit(["two"], ["two"], { udp: "datagrams" }),
      /^UsageError: --two is not for datagrams$/,
    );
    assert.throws(
      () => fit(["more"], ["more"]),
      /^UsageError: --more has an effect only with --one or --two$/,
    );
  });

  test("is left out if it was set beforehand, whichever of two that is", () => {
    assert.equal(fit(["one", "two"], ["one"]), "one");
    assert.equal(fit(["one", "two"], ["two"]), "two");
    assert.equal(fit(["one", "two"], []), "two");
    assert.equal(fit(["two", "more"], [], { udp: "" }), "");
    assert.equal(fit(["two", "more"], ["two"]), "two more");
  });

  test("is refused even then, if a server would accept more without it", () => {
    assert.throws(() => fit(["guard"], [], { udp: "" }), /^UsageError: --guard is not for udp$/);
    assert.throws(() => fit(["two", "guard"], [], { udp: "" }), /^UsageError: --guard is not for udp$/);
  });

  test("is found without the form of a line in which two exclude each other", () => {
    const formOf = (): never => assert.fail("the form of a line that contradicts itself");
    const given = { one: true, two: true };
    assert.throws(
      () => fittingOptions({ given, typed: given, table, formOf, spelling: (name) => name }),
      /^UsageError: one and two exclude/,
    );
  });
});
