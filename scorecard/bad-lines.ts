/**
 * Command lines that cannot be: hosts, ports and values that are none, options that are
 * misspelt, left empty or given too much, words too few and too many.
 *
 * What is wrong with options is made from the commands' own tables, so that a new option
 * is in it without a word here.
 */
import type { Chance } from "./chance.ts";

/** What is needed of a command: its name, and its options by their long names. */
export interface CommandShape {
  readonly name: string;
  readonly options: Readonly<
    Record<string, { readonly value?: { readonly whenLeftOut?: string } | undefined }>
  >;
}

const hosts: readonly string[] = [
  ...["127.0.0.1\0.evil", "\0", "localhost\n", "local host", " localhost", "localhost ", "local\thost", "\r"],
  ...[
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "host\x7f",
    "ho\u0085st",
    "\u009b31m",
    "\u202etsohlacol",
    "a\u200bb",
    "a\ufeffb",
  ],
  ...[
    "ⓛocalhost",
    "bücher.example",
    "раураl.com",
    "１２７.0.0.1",
    "127。0。0。1",
    "İ.example",
    "😀",
    "\ud800",
  ],
  ...[
    "user@host",
    "host/path",
    "host?x",
    "a,b",
    "*",
    "$(id)",
    "`id`",
    "a;b",
    "a|b",
    "a&b",
    "a>b",
    '"quoted"',
    "'q'",
  ],
  ...[
    "back\\slash",
    "a..b",
    ".a",
    "a..",
    ".",
    "..",
    "-a.com",
    "a-.com",
    "%00",
    "%s%n",
    "{{x}}",
    "../../etc/passwd",
  ],
  ...[
    "x".repeat(64),
    `${"x".repeat(64)}.com`,
    Array.from({ length: 64 }, () => "abc").join("."),
    "x".repeat(5_000),
  ],
  ...[
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "010.0.0.1",
    "256.0.0.1",
    "1.2.3.4.5",
    "1.2.3.",
    "host.123",
    "host.0x1",
  ],
];

const ports: readonly string[] = [
  ...["", " ", "x", "0x50", "1e3", "1.0", "80.", "+80", "-80", "-0", "080", "00", "65536", "99999", "100000"],
  ...[
    "4294967376",
    "18446744073709551696",
    " 80",
    "80 ",
    "80\n",
    "\t80",
    "8 0",
    "80a",
    "80,81",
    "80-81",
    "80/tcp",
    "٨٠",
    "８０",
    "²",
  ],
  ...[
    "Infinity",
    "NaN",
    "null",
    "true",
    "80\0",
    "http",
    "1".repeat(1_000),
    "\x1b[31m80",
    "\u202e08",
    "0b1",
    "0o7",
    "1_000",
  ],
];

const targets: readonly string[] = [
  ...[
    "::1:80",
    "::1",
    "fe80::1:80",
    "a:b:c",
    "[::1]",
    "[::1]80",
    "[::1",
    "::1]:80",
    "[localhost]:80",
    "[127.0.0.1]:80",
    "[]:80",
  ],
  ...[
    "[::1%lo]:80",
    "[fe80::1%]:80",
    "[12345::]:80",
    "[1:2:3:4:5:6:7:8:9]:80",
    "[::1::]:80",
    "[::256.0.0.1]:80",
    "[:::]:1",
  ],
  ...[
    "localhost",
    "8080",
    ":80",
    "",
    "localhost:",
    ":",
    "::",
    "tcp://",
    "tcp://user:pw@host:80",
    "tcp://host:80/path",
  ],
  ...[
    "http://localhost:80",
    "https://localhost:80",
    "javascript://x:1",
    "file:///etc/passwd",
    "ftp://a:1",
    "://a:1",
    "//a:1",
  ],
  ...[
    "unix://host/path",
    "unix:",
    "unix:80",
    "unix:@",
    `unix:/${"x".repeat(200)}`,
    "unix:/a\nb",
    "unix:/a\0b",
  ],
];

const times = [
  "",
  "0",
  "-1",
  "5 s",
  "5sec",
  "s",
  "1e3",
  "0x5",
  "Infinity",
  "NaN",
  "1,5",
  "5d",
  "٥",
  "0.0001",
  "0ms",
  "1000h",
];
const counts = ["", "0", "-1", "1.5", "+1", "01", "1e1", "0x1", "one", "∞", " 1", "9".repeat(30)];
const frames = ["line", "fixed:0", "fixed:-1", "fixed:x", "delim:", "constructor", "u64be", "\x1b[1m", ""];
const texts = ["\\q", "end\\", "\\x4", "\\xff", "\\u{1}"];
const verbs = [
  "conect",
  "sevre",
  "LISTEN",
  "lis",
  "x",
  "",
  "localhost",
  "\x1b[31mred",
  "constructor",
  "__proto__",
  "-",
  "-v",
  "--verison",
];

/** Behind these words a line cannot be, whatever else stands there: the option is none. */
const nasty = [
  "-w",
  "--timeout",
  "--",
  "-U",
  "--welcome",
  "-46zv",
  "--explain",
  "[",
  "]:",
  "unix:",
  "\u2028",
  "\x9b",
  "\x1b[2J",
];

/** All of them, and so many more made at random. */
export function badLines(
  commands: readonly CommandShape[],
  chance: Chance,
  atRandom: number,
): readonly (readonly string[])[] {
  return [
    ...hosts.flatMap((host) => [
      ["connect", "--", host, "80"],
      ["listen", "--", host, "0"],
      ["serve", "echo", "--", host, "0"],
    ]),
    ...ports.flatMap((port) => [
      ["connect", "localhost", "--", port],
      ["listen", "localhost", "--", port],
      ["serve", "echo", "--", `127.0.0.1:${port}`],
      ["connect", `--source-port=${port}`, "localhost:80"],
    ]),
    ...targets.map((target) => ["connect", "--", target]),
    ...times.flatMap((time) => [
      ["connect", "-w", time, "h:1"],
      ["listen", `--timeout=${time}`, ":0"],
      ["serve", "--drain", time, ":0"],
    ]),
    ...counts.flatMap((count) => [
      ["serve", `--concurrency=${count}`, ":0"],
      ["serve", `--messages=${count}`, ":0"],
      ["listen", `--connections=${count}`, ":0"],
    ]),
    ...frames.map((frame) => ["serve", "--frame", frame, ":0"]),
    ...texts.flatMap((text) => [
      ["serve", "--welcome", text, ":0"],
      ["serve", "--reply", text, ":0"],
    ]),
    ...verbs.flatMap((verb) => [[verb], ["help", verb]]),
    ...["ehco", "ECHO", "discrad", "smtp", "constructor", "e cho"].map((service) => ["serve", service, ":0"]),
    ["serve", ":0", "echo"],
    ["serve", "time", "--reply", "x"],
    ["connect"],
    ["connect", "localhost", "80", "90"],
    ["listen", "localhost", "80", "x\x1b[2J"],
    ["connect", "-4", "-6", "localhost:80"],
    ["connect", "-6", "127.0.0.1:80"],
    ["connect", "-4", "[::1]:80"],
    ["connect", "-s", "::1", "127.0.0.1:80"],
    ["connect", "-s", "localhost", "h:1"],
    ["connect", "-U", "-6", "/tmp/a"],
    ...commands.flatMap((command) => badOptions(command, chance)),
    ...Array.from({ length: atRandom }, () => randomLine(chance)),
  ];
}

/** Each option of a command: misspelt, with a value that it does not take, without one that it needs. */
function badOptions({ name, options }: CommandShape, chance: Chance): string[][] {
  const names = Object.keys(options);
  return names.flatMap((option) => {
    const lines = [[name, `--${misspell(option, names, chance)}`, "h:1"]];
    const value = options[option]?.value;
    if (value === undefined) lines.push([name, `--${option}=yes`, "h:1"], [name, `--${option}=`, "h:1"]);
    else if (value.whenLeftOut === undefined) lines.push([name, "h:1", `--${option}`]);
    return lines;
  });
}

/** The name with a letter more, less or other, and none of the command's own. */
function misspell(option: string, names: readonly string[], chance: Chance): string {
  for (;;) {
    const at = chance.below(option.length);
    const letter = chance.oneOf("abcdefghijklmnopqrstuvwxyz".split(""));
    const kept = option.slice(at + chance.below(2));
    const typed = option.slice(0, at) + chance.oneOf(["", letter]) + kept;
    const isKnown = [typed, typed.replace(/^no-/, "")].some((word) => ["", "help", ...names].includes(word));
    if (!isKnown && /^[a-z]/.test(typed)) return typed;
  }
}

function randomLine(chance: Chance): string[] {
  const begin = chance.oneOf([
    ["connect", "--nope"],
    ["listen", "--nope"],
    ["serve", "-p"],
    ["help", "\x9b"],
  ]);
  const words = Array.from({ length: chance.below(5) }, () =>
    chance.below(2) === 0 ? chance.oneOf(nasty) : randomText(chance),
  );
  return [...begin, ...words];
}

/** Characters of every kind; none that could make `--help` of it. */
function randomText(chance: Chance): string {
  const kinds = [0x20, 0x7f, 0xa0, 0x2100, 0x110000];
  return Array.from({ length: 1 + chance.below(12) }, () => {
    const codePoint = chance.below(chance.oneOf(kinds));
    return codePoint === 0x68 ? "" : String.fromCodePoint(codePoint);
  }).join("");
}
