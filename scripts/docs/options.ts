/**
 * docs/reference/options.md, from the table of options, the doc comments of the interfaces and the flags of the command.
 */
import { formatLimit } from "../../src/base/text/figures.ts";
import { optionNames as flagNames } from "../../src/cli/args/options.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { variableOf } from "../../src/cli/config/environment.ts";
import { rangeOf } from "../../src/net/options/checks.ts";
import type { Call, OptionKind, OptionRow } from "../../src/net/options/option-row.ts";
import { defaultOf, optionNames, rowOf, type OptionName } from "../../src/net/options/table.ts";
import { startTlsNames } from "../../src/net/starttls/protocols.ts";
import { linksTo, topics } from "./api/topics.ts";
import { code } from "./markdown.ts";
import { SourceTypes } from "./types.ts";

/** Where the options are documented. */
const interfaces: readonly (readonly [path: string, names: readonly string[]])[] = [
  ["src/net/connection/settings.ts", ["ConnectionOptions", "SocketOptions"]],
  ["src/net/options/connect-settings.ts", ["ConnectOptions"]],
  ["src/net/options/server-settings.ts", ["ServeOptions"]],
  ["src/net/options/udp-settings.ts", ["BindUdpOptions", "ConnectUdpOptions", "DatagramOptions"]],
  ["src/base/events.ts", ["Observers", "DatagramObservers"]],
];

/** What the values of a kind are; numbers have their range. */
const kinds: Readonly<Record<OptionKind, string | ((row: OptionRow, name: OptionName) => string)>> = {
  timeout: "milliseconds above 0, or `Infinity`",
  limit: numbersOf,
  integer: numbersOf,
  port: "a whole number from 0 to 65535",
  switch: "`true` or `false`",
  text: "a string",
  message: "a string",
  addressBlocks: 'a list of addresses and blocks, as in `["10.0.0.0/8"]`',
  family: "`4` or `6`",
  function: "a function",
  object: "an object",
  protocol: startTlsNames.map(code).join(", "),
  signal: "an `AbortSignal`",
  codec: "a codec",
  engine: "an engine, or its name",
  clock: "a clock",
};

/** The name of an option tells its unit. */
function numbersOf(row: OptionRow, name: OptionName): string {
  const unit = name.endsWith("Ms") ? " (milliseconds)" : name.includes("Bytes") ? " (bytes)" : "";
  return `${rangeOf(row).replace("Infinity", "`Infinity`")}${unit}`;
}

const all = await commands.loadAll();

/** @throws {Error} for an option that no comment documents. */
export function optionsPage(): string {
  const docs = docsByName();
  return `# Options

Every option of \`connect\`, \`serve\`, \`bindUdp\` and \`connectUdp\`. An option that a function does not have, or a value
that is not possible, is a \`TypeError\` that names the option, the value and what it should be.

The command's flag that sets an option is named with it. The flag's long name is also its key in a
[configuration file](../how-to/configuration.md), and its variable is made from that name, as
\`${variableOf("connect-timeout")}\` from \`--connect-timeout\`. [Limits](limits.md) has the reasons for the defaults in one table.

${optionNames.map((name) => section(name, docs.get(name) ?? [])).join("\n")}`;
}

function section(name: OptionName, documented: readonly Documented[]): string {
  if (documented.length === 0) throw new Error(`no doc comment says what the option ${name} does`);
  const row = rowOf(name);
  const kind = kinds[row.kind];
  const facts = [
    `values: ${typeof kind === "string" ? kind : kind(row, name)}`,
    `default: ${defaultText(name)}`,
    ...(row.why === undefined ? [] : [`reason: ${row.why}`]),
    `functions: ${row.calls.map(code).join(", ")}`,
    ...(row.engines === undefined ? [] : [`engines: ${row.engines.map(code).join(", ")}`]),
    ...(row.notUnix === undefined ? [] : ["not for Unix sockets"]),
    ...flagsOf(name),
    `types: ${documented.map(({ type }) => linkTo(type)).join(", ")}`,
  ];
  return `## ${name}\n\n${meaningOf(documented)}\n\n${facts.map((fact) => `- ${fact}\n`).join("")}`;
}

/** The default of an option of these functions. */
export function defaultText(name: OptionName, calls: readonly Call[] = rowOf(name).calls): string {
  const { otherwise = "none" } = rowOf(name);
  const byCall = calls.map((call): [Call, string | undefined] => [
    call,
    valueText(name, defaultOf(name, call)),
  ]);
  const values = [...new Set(byCall.map(([, text]) => text))];
  if (values.length === 1) return values[0] ?? otherwise;
  return byCall.map(([call, value]) => `${value ?? otherwise} (${code(call)})`).join(", ");
}

function valueText(name: OptionName, value: ReturnType<typeof defaultOf>): string | undefined {
  if (value === undefined) return undefined;
  if (value === Infinity) return "`Infinity`";
  if (typeof value === "number") return name === "port" ? String(value) : formatLimit(name, value);
  return code(typeof value === "string" ? JSON.stringify(value) : String(value));
}

/** One line for each command that has a flag for the option. */
function flagsOf(name: OptionName): string[] {
  return all.flatMap((command) => {
    const flags = Object.entries(command.options).filter(([, { sets }]) => sets?.includes(name) === true);
    if (flags.length === 0) return [];
    const spelled = flags.map(([flag, row]) => flagNames(flag, row).map(code).join(" or "));
    return [`${code(`portcall ${command.name}`)}: ${spelled.join(", ")}`];
  });
}

/** What an interface says of an option. */
interface Documented {
  readonly type: string;
  readonly doc: string;
}

function docsByName(): ReadonlyMap<string, readonly Documented[]> {
  const docs = new Map<string, Documented[]>();
  for (const [path, names] of interfaces) {
    const source = new SourceTypes(path);
    for (const type of names) {
      for (const { name, doc } of source.ownFields(type)) {
        if (doc === "") throw new Error(`no doc comment says what the option ${name} of ${type} does`);
        docs.set(name, [...(docs.get(name) ?? []), { type, doc }]);
      }
    }
  }
  return docs;
}

/** Which interface means what, where they differ. */
function meaningOf(documented: readonly Documented[]): string {
  const [first, ...others] = documented;
  if (others.every(({ doc }) => doc === first?.doc)) return first?.doc ?? "";
  return documented.map(({ type, doc }) => `${linkTo(type)}: ${doc}`).join("\n\n");
}

const linkOf = linksTo(topics);

function linkTo(type: string): string {
  return `[${code(type)}](api/${linkOf(type)})`;
}
