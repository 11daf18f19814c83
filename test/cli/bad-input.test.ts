/**
 * What cannot be is refused before anything is tried: on the command line with exit 2 and
 * one line that names the argument and says what it should be; from a peer with a last
 * word, and the server goes on.
 *
 * The lines of the table run through `run` in this process, so that NUL, which no system
 * lets into a command line, is among them; a few of each kind run as a process too.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type net from "node:net";
import { PassThrough } from "node:stream";
import { describe, test, type TestContext } from "node:test";
import * as fc from "fast-check";
import { commands as all } from "../../src/cli/commands/index.ts";
import { readFlags } from "../../src/cli/nc/getopt.ts";
import { optionNames } from "../../src/cli/args/options.ts";
import { run } from "../../src/cli/run.ts";
import { Terminal } from "../../src/cli/tty/terminal.ts";
import { notLinux, unless } from "../failures/support/needs.ts";
import { commandPath, portcall, start, type Child } from "../support/command.ts";
import { readAll } from "../support/read-all.ts";
import { passiveClient, portOf, receives, receivesEnd } from "./support/passive-peers.ts";

const commands = await all.loadAll();

interface Answer {
  readonly exit: string;
  readonly stdout: string;
  readonly stderr: string;
}

async function answer(argv: readonly string[]): Promise<Answer> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const terminal = new Terminal(streams as unknown as ConstructorParameters<typeof Terminal>[0]);
  const exit = await run(argv, terminal);
  return { exit, stdout: readAll(streams.stdout), stderr: readAll(streams.stderr) };
}

/** Without the line breaks that help has where a line would be too long. */
function asOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

/** One line, of characters that can be seen. */
function assertOneLine(text: string): void {
  assert.match(text, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+\n$/u);
  assert.ok(text.length < 600, `${text.length} characters are too many for a line`);
  assert.doesNotMatch(text, / at .*:\d+:\d+|Error:/, "no stack and no name of an error");
}

type Row = readonly [argv: readonly string[], says: RegExp];

const label = "x".repeat(64);
const long = Array.from({ length: 64 }, () => "abc").join(".");

/** F49-F52: hosts, each with what is wrong with it. */
const hosts: readonly (readonly [host: string, wrong: RegExp])[] = [
  ["127.0.0.1\0.evil", /holds "\\x00"/],
  ["\0", /holds "\\x00"/],
  ["localhost\n", /holds "\\n"/],
  ["local host", /holds " "/],
  [" localhost", /holds " "/],
  ["localhost ", /holds " "/],
  ["local\thost", /holds "\\t"/],
  ["\x1b]0;owned\x07", /holds "\\x1b"/],
  ["host\x7f", /holds "\\x7f"/],
  ["ho\u0085st", /holds "\\x85"/],
  ["\u202etsohlacol", /holds "\\u202e"/],
  ["ⓛocalhost", /holds "ⓛ".*write the ASCII form, "localhost"/],
  ["bücher.example", /holds "ü".*write the ASCII form, "xn--bcher-kva\.example"/],
  ["раураl.com", /holds "р"/],
  ["１２７.0.0.1", /holds "１"/],
  ["127。0。0。1", /holds "。"/],
  ["user@host", /holds "@"/],
  ["host/path", /holds "\/"/],
  ["host?x", /holds "\?"/],
  ["a,b", /holds ","/],
  ["*", /holds "\*"/],
  ["$(id)", /holds "\$"/],
  ["`id`", /holds "`"/],
  ["a;b", /holds ";"/],
  ['"quoted"', /holds "\\""/],
  ["back\\slash", /holds "\\\\"/],
  ["a..b", /has an empty part/],
  [".a", /has an empty part/],
  ["a..", /has an empty part/],
  [".", /has an empty part/],
  [`${label}.com`, /has a part of 64 characters/],
  [long, /has 255 characters: a name has 253 at most/],
  ["-a.com", /has a part that begins or ends with a hyphen/],
  ["a-.com", /has a part that begins or ends with a hyphen/],
  ["127.1", /is not an address in plain form; the system would read it as 127\.0\.0\.1/],
  ["2130706433", /is not an address in plain form; the system would read it as 127\.0\.0\.1/],
  ["0x7f.1", /is not an address in plain form; the system would read it as 127\.0\.0\.1/],
  ["0177.0.0.1", /is not an address in plain form; the system would read it as 127\.0\.0\.1/],
  ["010.0.0.1", /is not an address in plain form; the system would read it as 8\.0\.0\.1/],
  ["256.0.0.1", /is not an IPv4 address: write four numbers from 0 to 255/],
  ["1.2.3.4.5", /is not an IPv4 address/],
  ["1.2.3.", /has an empty part|is not an IPv4 address/],
  ["host.123", /ends in a number/],
  ["host.0x1", /ends in a number/],
];

/** F53: ports that are none. */
const ports: readonly string[] = [
  ...["", " ", "x", "0x50", "1e3", "1.0", "80.", "+80", "-80", "-0", "080", "00", "65536", "99999", "100000"],
  ...["4294967376", " 80", "80 ", "80\n", "\t80", "8 0", "80a", "٨٠", "８０", "Infinity", "NaN", "80\0"],
  ...["http/tcp", "no-such-service", "1".repeat(1_000), "\x1b[31m80"],
];

/** Refused as a number, or as the name of a service. */
function notPort(least: 0 | 1): RegExp {
  return new RegExp(
    `port ".*"…? is not a number from ${least} to 65535|".*" is neither a port number nor a TCP service`,
    "u",
  );
}

const rows: readonly Row[] = [
  ...hosts.flatMap(([host, wrong]): Row[] => [
    [["connect", "--", host, "80"], new RegExp(`^portcall connect: host ".*"…? ${wrong.source}`, "su")],
    [["listen", "--", host, "0"], new RegExp(`^portcall listen: host ".*"…? ${wrong.source}`, "su")],
    ...(/[:]/.test(host) ? [] : [[["connect", "--", `${host}:80`], new RegExp(wrong.source, "u")] as const]),
  ]),
  ...ports.flatMap((port): Row[] => [
    [["connect", "localhost", "--", port], notPort(1)],
    [["listen", "localhost", "--", port], notPort(0)],
    [["serve", "echo", `127.0.0.1:${port}`], notPort(0)],
  ]),
  [
    ["connect", "localhost", "0"],
    /port "0" is not a number from 1 to 65535 \(0, any free port, is for listening\)/,
  ],

  // F52: one word for host and port.
  [
    ["connect", "::1:80"],
    /target "::1:80" is an IPv6 address without brackets: write \[::1\]:80 or \[::1:80\]:port/,
  ],
  [["connect", "::1"], /target "::1" is an IPv6 address without brackets: write \[::1\]:port/],
  [["connect", "fe80::1:80"], /without brackets/],
  [["connect", "a:b:c"], /target "a:b:c" is not host:port: it has more than one colon/],
  [["connect", "[::1]"], /target "\[::1\]" has no port behind the bracket: write \[::1\]:80/],
  [["connect", "[::1]80"], /has no port behind the bracket/],
  [["connect", "[::1"], /has no closing bracket/],
  [["connect", "[localhost]:80"], /has brackets, which are for IPv6 addresses/],
  [["connect", "[127.0.0.1]:80"], /has brackets, which are for IPv6 addresses/],
  [["connect", "[]:80"], /has brackets, which are for IPv6/],
  [["connect", "[::1%lo]:80"], /host "::1%lo" has an invalid zone/],
  [["connect", "[fe80::1%]:80"], /has an invalid zone/],
  [["connect", "[12345::]:80"], /is not an IPv6 address/],
  [["connect", "[1:2:3:4:5:6:7:8:9]:80"], /is not an IPv6 address/],
  [["connect", "[::1::]:80"], /is not an IPv6 address/],
  [["connect", "[::256.0.0.1]:80"], /is not an IPv6 address/],
  [["connect", "localhost"], /target "localhost" has no port: write host:port/],
  [["connect", "8080"], /target "8080" has no host: write host:8080/],
  [["connect", ":80"], /target ":80" has no host: write host:80/],
  [["connect", ""], /target "" has no port/],
  [["connect", "localhost:"], /port "" is not a number/],
  [["listen", "8080"], /address "8080" is only a port: write :8080/],
  [["serve", "8080"], /address "8080" is only a port: write :8080/],
  [["serve", "echo", "8080"], /address "8080" is only a port: write :8080/],

  // Schemes and Unix sockets.
  [
    ["connect", "http://localhost:80"],
    /asks for "http", which is not supported: write tcp:\/\/host:port, tls:\/\/host:port, udp:\/\/host:port or unix:\/path/,
  ],
  [["connect", "udp://localhost"], /has no port/],
  [["connect", "javascript://x:1"], /asks for "javascript"/],
  [["connect", "tcp://"], /target "tcp:\/\/" has no port/],
  [["connect", "tcp://user:pw@host:80"], /has more than one colon/],
  [["connect", "tcp://host:80/path"], /port "80\/path" is not a number/],
  [["connect", "unix://host/path"], /has two slashes, which name a host: write unix:\/path/],
  [["connect", "unix:"], /path "" is empty/],
  [["connect", "unix:80"], /could be a host or a file/],
  [["connect", "unix:@"], /path "@" is empty/],
  [["connect", "-U", ""], /path "" is empty/],
  [["connect", "-U", "/tmp/a\nb"], /path "\/tmp\/a\\nb" holds "\\n"/],
  [["connect", "-U", "/tmp/a\0b"], /holds "\\x00"/],
  [["connect", "-U", `/${"x".repeat(107)}`], /has 108 bytes: a Unix socket's has 107 at most/],
  [["connect", "-U"], /-U needs the path of the socket/],
  [["listen", "-U"], /-U needs the path of the socket/],
  [["serve", "echo", "-U"], /-U needs the path of the socket/],
  [["connect", "-U", "/tmp/a", "80"], /-U takes one path, not a host and a port/],
  [["connect", "-U", "-6", "/tmp/a"], /-6 is for IPv6, not for a Unix socket/],
  [["connect", "-4", "unix:/tmp/a"], /-4 is for IPv4, not for a Unix socket/],
  [["connect", "-p", "80", "unix:/tmp/a"], /-s and -p are for TCP, not for a Unix socket/],

  // Families.
  [["connect", "-4", "-6", "localhost:80"], /-4 and -6 exclude each other/],
  [["listen", "-46", ":0"], /-4 and -6 exclude each other/],
  [["serve", "-4", "-6"], /-4 and -6 exclude each other/],
  [["connect", "-6", "127.0.0.1:80"], /-6 asks for IPv6, and 127\.0\.0\.1 is an IPv4 address/],
  [["connect", "-4", "[::1]:80"], /-4 asks for IPv4, and ::1 is an IPv6 address/],
  [["connect", "-6", "[::ffff:127.0.0.1]:80"], /-6 asks for IPv6, and 127\.0\.0\.1 is an IPv4 address/],
  [["listen", "-6", "0.0.0.0:0"], /-6 asks for IPv6, and 0\.0\.0\.0 is an IPv4 address/],
  [["serve", "-4", "[::]:0"], /-4 asks for IPv4, and :: is an IPv6 address/],
  [["connect", "-s", "::1", "127.0.0.1:80"], /-s ::1 has the other family than the target/],
  [["connect", "-4", "-s", "::1", "localhost:80"], /-s ::1 has the other family than -4/],

  // Words.
  [["connect"], /an address is missing, such as localhost:8080/],
  [["connect", "localhost", "80", "x"], /"x" is one word too many/],
  [["listen", "localhost", "80", "x\x1b[2J"], /"x\\x1b\[2J" is one word too many/],
  [["serve", "ehco"], /there is no service "ehco"; did you mean echo\?/],
  [["serve", "ECHO"], /there is no service "ECHO"; did you mean echo\?/],
  [["serve", "discrad", ":0"], /there is no service "discrad"; did you mean discard\?/],
  [
    ["serve", "smtp"],
    /there is no service "smtp": there are reply, echo, chat, discard, daytime, time, chargen/,
  ],
  [["serve", ":0", "echo"], /write the service first: echo :0/],
  [["serve", ":0", "./handler.ts"], /write the handler file first: \.\/handler\.ts :0/],
  [["serve", "./handler.ts", "--messages", "1"], /--messages is for services; a handler file takes none/],
  [["serve", "--exec", "cat 'x"], /--exec "cat 'x": the ' is not closed/],
  [["serve", "localhost", "65536"], /port "65536" is not a number from 0 to 65535/],

  // Verbs.
  [["conect"], /^portcall: there is no command "conect"; did you mean connect\?/],
  [["sevre"], /there is no command "sevre"; did you mean serve\?/],
  [["LISTEN"], /there is no command "LISTEN"; did you mean listen\?/],
  [["lis"], /there is no command "lis"; did you mean listen\?/],
  [["x"], /there is no command "x": there are connect, listen, serve/],
  [[""], /there is no command "": there are connect/],
  [["\x1b[31mred"], /there is no command "\\x1b\[31mred"/],
  [["constructor"], /there is no command "constructor"/],
  [["__proto__"], /there is no command "__proto__"/],
  [["help", "conect"], /there is no command or topic "conect"; did you mean connect\?/],
  [["--verison"], /there is no option "--verison"; did you mean --version\?/],
  [["-v"], /there is no option "-v": there are --help, --version/],

  // Options.
  [
    ["connect", "--timout", "5", "h:1"],
    /^portcall connect: there is no option "--timout"; did you mean --timeout\?/,
  ],
  [["connect", "--explian", "h:1"], /there is no option "--explian"; did you mean --explain\?/],
  [["connect", "--hlep"], /there is no option "--hlep"; did you mean --help\?/],
  [["connect", "-verbose", "h:1"], /there is no option "-verbose"; did you mean --verbose\?/],
  [["serve", "-frame=x"], /there is no option "-frame=x"; did you mean --frame\?/],
  [["connect", "-g", "h:1"], /there is no option "-g"; --help shows them all/],
  [["connect", "-vg", "h:1"], /there is no option "-g"; --help shows them all/],
  [["connect", "--é", "h:1"], /there is no option "--é"/],
  [["connect", "--\x1b[31m", "h:1"], /there is no option "--\\x1b\[31m"/],
  [["connect", "--__proto__", "h:1"], /there is no option "--__proto__"/],
  [["connect", "--constructor=1", "h:1"], /there is no option "--constructor"/],
  [["listen", "--concurrency", "1", "h:1"], /there is no option "--concurrency"/],
  [["serve", "--zero"], /there is no option "--zero"/],
  [["connect", "--zero=yes", "h:1"], /--zero takes no value, but was given "yes"/],
  [["connect", "--explain=", "h:1"], /--explain takes no value, but was given ""/],
  [["connect", "h:1", "-w"], /-w needs a value: <time>/],
  [["serve", "--welcome"], /--welcome needs a value: <text>/],
  [["connect", "--", "--explain"], /target "--explain" has no port/],
  [["connect", "--", "-h", "80"], /host "-h" has a part that begins or ends with a hyphen/],

  // Several targets, tries and proxies.
  [["connect", "-z"], /an address is missing/],
  [["connect", "-z", "h"], /target "h" has no port/],
  [["connect", "-z", "h", "25-20"], /ports "25-20" are in descending order: write 20-25/],
  [["connect", "-z", "h", "1-99999"], /ports "1-99999": port "99999" is not a number from 1 to 65535/],
  ...["80-", "80,", "80,,81", "80-81-82", "80--81", "0", "0-5", "080-81", "80,7-"].map((list): Row => [
    ["connect", "-z", "h", "22", list],
    /ports ".*": port ".*" is not a number from 1 to 65535/,
  ]),
  [
    ["connect", "-z", "h", "22", "nosuch"],
    /ports "nosuch": .*"nosuch" is neither a port number nor a TCP service/,
  ],
  [["connect", "-z", "h:20-22x"], /"22x" is neither a port number nor a TCP service/],
  [["connect", "-z", "h:80-79", "h:1"], /ports "80-79" are in descending order: write 79-80/],
  [["connect", "-z", "h:1", "g"], /target "g" has no port/],
  [["connect", "-z", "-4", "h:1", "::1:2"], /IPv6 address without brackets/],
  [["connect", "-z", "-p", "5000", "h", "1-2"], /-p is for one target/],
  [["connect", "h", "80", "443"], /give one target, or -z to check several/],
  [["connect", "h", "80-81"], /give one target, or -z/],
  [["connect", "h:80", "g:80"], /give one target, or -z/],
  [["connect", "h:80,81"], /give one target, or -z/],
  [["connect", "--any", "h:1"], /--any is for -z/],
  [["connect", "--concurrency", "3", "h:1"], /--concurrency is for -z/],
  [["connect", "--retry", "-1", "h:1"], /--retry "-1" is not a whole number of 0 or more/],
  [["connect", "--retry-delay", "1s", "h:1"], /--retry-delay has an effect only with --retry or --wait/],
  [["connect", "--wait", "0", "h:1"], /--wait "0" is not a time above 0/],
  [
    ["connect", "-x", "localhost:1080", "h:1"],
    /^portcall connect: proxy "localhost:1080" is not socks5:\/\/host:port or http:\/\/host:port/,
  ],
  [["connect", "--proxy=socks4://h:1", "h:1"], /proxy "socks4:\/\/h:1" is not socks5/],
  [["connect", "-x", "bob:pw@h:1", "h:1"], /proxy "\*\*\*@h:1" is not socks5/],
  [
    ["serve", "--proxy-protocol", ":0"],
    /--proxy-protocol needs the load balancers: add --proxy-protocol-from/,
  ],
  [
    ["listen", "--proxy-protocol", ":0"],
    /--proxy-protocol needs the load balancers: add --proxy-protocol-from/,
  ],
  [
    ["serve", "--proxy-protocol-from", "10.0.0.0/8", ":0"],
    /--proxy-protocol-from has an effect only with --proxy-protocol/,
  ],
  [["connect", "--proxy-protocol=v3", "h:1"], /--proxy-protocol "v3" is not a version: write .*=v1 or .*=v2/],
  [["connect", "--proxy-protocol", "-z", "h:1"], /--proxy-protocol has no effect with -z/],
  [["connect", "-x", "http://h:1", "-U", "/s"], /-x is for TCP, not for a Unix socket/],
  [
    ["connect", "-x", "http://[::1]:1", "-s", "127.0.0.1", "h:1"],
    /-s 127\.0\.0\.1 has the other family than the proxy/,
  ],
  [["connect", "-4", "-x", "http://[::1]:1", "h:1"], /-4 asks for IPv4, and the proxy is at ::1/],

  [["localhost", "80"], /there is no command "localhost"; did you mean connect\?/],
  [["example.com:80"], /there is no command "example\.com:80"; did you mean connect\?/],

  // Values.
  ...[
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
  ].map((time): Row => [
    ["connect", "-w", time, "h:1"],
    /-w ".*" is not a time above 0, as in 500ms, 5s, 3m or 1h/,
  ]),
  [["listen", "--timeout=1000h", ":0"], /--timeout "1000h" is longer than 596h, which is the longest/],
  [["serve", "--drain", "soon"], /--drain "soon" is not a time above 0/],
  ...["", "0", "-1", "1.5", "+1", "01", "1e1", "0x1", "one", "∞", " 1"].map((count): Row => [
    ["serve", `--concurrency=${count}`],
    /--concurrency ".*" is not a whole number of 1 or more/,
  ]),
  [["serve", "--connections", "0"], /--connections "0" is not a whole number of 1 or more/],
  [["serve", "--messages", "-5"], /--messages "-5" is not a whole number of 1 or more/],
  [["listen", "--backlog", "-1"], /--backlog "-1" is not a whole number of 0 or more/],
  [
    ["listen", "--backlog", "4294967296"],
    /--backlog "4294967296" is not a whole number from 0 to 2147483647/,
  ],
  [["connect", "-s", "localhost", "h:1"], /-s "localhost" is not an IP address/],
  [["connect", "-s", "127.1", "h:1"], /-s "127\.1" is not an IP address/],
  [["connect", "--source=[::1]", "h:1"], /--source "\[::1\]" is not an IP address/],
  [["connect", "-p", "0", "h:1"], /-p: port "0" is not a number from 1 to 65535/],
  [
    ["connect", "--source-port=080", "h:1"],
    /--source-port: port "080" is not a number .*: write it without leading zeros/,
  ],
  [["serve", "--frame", "line"], /frame "line" is none of raw, lines,/],
  [["serve", "--frame", "fixed:0"], /frame "fixed:0" is none of/],
  [["serve", "--frame", "delim:"], /frame "delim:" is none of/],
  [["serve", "--frame", "constructor"], /frame "constructor" is none of/],
  [
    ["serve", "--welcome", "\\q"],
    /--welcome: "\\\\q" is not an escape; write \\n, \\r, \\t, \\0, \\x41 or \\\\/,
  ],
  [["serve", "--welcome", "end\\"], /--welcome: "\\\\" is not an escape/],
  [["serve", "--reply", "\\x4"], /--reply: "\\\\x" is not an escape/],
  [
    ["serve", "--reply", "\\xff"],
    /--reply: "\\\\xff" is not an ASCII character; above \\x7f, write the character itself/,
  ],
  [["serve", "time", "--reply", "x"], /the service time takes no --reply/],
];

test(`F49-F53: each of ${rows.length} bad command lines is refused in one line that says what is wrong`, async () => {
  assert.ok(rows.length >= 100);
  for (const [argv, says] of rows) {
    const { exit, stdout, stderr } = await answer(argv);
    const what = `portcall ${JSON.stringify(argv)}`;
    assert.equal(exit, "usage", what);
    assert.equal(stdout, "", what);
    assert.match(stderr, says, what);
    assertOneLine(stderr);
  }
});

test("each option of each command is refused misspelt, without its value, or with one that it does not take", async () => {
  let lines = 0;
  // A command that reads its line itself, as nc, ends as that does.
  for (const { name, options } of commands.filter(({ readsItself }) => readsItself !== true)) {
    for (const [option, { value }] of Object.entries(options)) {
      const rejected = [[`--${option}x`, "h:1"]];
      if (value === undefined) rejected.push([`--${option}=yes`, "h:1"], [`--${option}=`, "h:1"]);
      else if (value.whenLeftOut === undefined) rejected.push(["h:1", `--${option}`]);
      for (const words of rejected) {
        const { exit, stdout, stderr } = await answer([name, ...words]);
        assert.deepEqual([exit, stdout], ["usage", ""], `${name} ${words.join(" ")}`);
        assertOneLine(stderr);
        assert.ok(stderr.includes(`--${option}`), stderr);
        lines++;
      }
    }
  }
  assert.ok(lines + rows.length >= 500, `${lines} and ${rows.length} lines`);
});

test("no command line, however nasty, makes anything but one line of stderr", async () => {
  // Each begins with what is always refused, so that nothing is ever tried.
  const nasty = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
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
    ),
  );
  const first = fc.constantFrom(
    ["connect", "--nope"],
    ["listen", "--nope"],
    ["serve", "-p"],
    ["\0"],
    ["help", "\x9b"],
  );
  await fc.assert(
    fc.asyncProperty(first, fc.array(nasty, { maxLength: 4 }), async (begin, rest) => {
      const { exit, stdout, stderr } = await answer([...begin, ...rest]);
      // --help, wherever it stands, is help.
      if (exit === "ok") assert.ok(rest.includes("--help") || rest.includes("-h"));
      else {
        assert.equal(exit, "usage");
        assert.equal(stdout, "");
        assertOneLine(stderr);
      }
    }),
  );
});

describe("the process itself", { concurrency: 3 }, () => {
  for (const [argv, says] of [
    [["connect", "::1:80"], /^portcall connect: target "::1:80" is an IPv6 address without brackets/],
    [["connect", "\x1b]0;owned\x07", "80"], /^portcall connect: host "\\x1b\]0;owned\\x07" holds/],
    [["listen", "localhost:80\n"], /^portcall listen: port "80\\n" is not a number/],
    [["serve", "ehco"], /^portcall serve: there is no service "ehco"; did you mean echo\?/],
    [["conect"], /^portcall: there is no command "conect"; did you mean connect\?/],
    [["--wat"], /^portcall: there is no option "--wat": there are --help, --version/],
  ] as const) {
    test(`F49-F53: ends with 2 after one line, given ${JSON.stringify(argv)}`, async (t) => {
      const child = portcall(t, argv);
      assert.equal(await child.code(), 2);
      assert.equal(child.stdout, "");
      assert.match(child.stderr, says);
      assertOneLine(child.stderr);
    });
  }

  test("--version prints the version alone", async (t) => {
    const child = portcall(t, ["--version"]);
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    assert.deepEqual([await child.code(), child.stdout, child.stderr], [0, `${version}\n`, ""]);
  });

  test("without a word, usage goes to stderr, and the exit is 2", async (t) => {
    const child = portcall(t, []);
    assert.deepEqual([await child.code(), child.stdout], [2, ""]);
    assert.match(child.stderr, /^usage: portcall <command>/m);
  });

  test("--help may be piped into a program that leaves at once", async (t) => {
    const shell = start(t, "sh", ["-c", `"$0" "$1" --help | true`, process.execPath, commandPath]);
    assert.deepEqual([await shell.code(), shell.stderr], [0, ""]);
  });

  test("--help that cannot be written is no success", unless(notLinux), async (t) => {
    const shell = start(t, "sh", ["-c", `"$0" "$1" --help > /dev/full`, process.execPath, commandPath]);
    assert.equal(await shell.code(), 3);
    assert.match(shell.stderr, /^portcall: standard output: ENOSPC[^\n]*\n$/);
  });

  for (const [what, line] of [
    ["closed", `"$0" "$1" connect ::1:80 2>&-; echo $?`],
    ["not read", `exec 3>&1; { "$0" "$1" connect ::1:80; echo $? >&3; } 2>&1 >/dev/null | true`],
  ] as const) {
    test(`a stderr that is ${what} changes nothing`, async (t) => {
      const shell = start(t, "sh", ["-c", line, process.execPath, commandPath]);
      assert.deepEqual([await shell.code(), shell.stdout, shell.stderr], [0, "2\n", ""]);
    });
  }
});

describe("--help", () => {
  for (const argv of [["--help"], ["-h"], ["help"]]) {
    test(`${argv.join(" ")} shows every command on stdout`, async () => {
      const { exit, stdout, stderr } = await answer(argv);
      assert.deepEqual([exit, stderr], ["ok", ""]);
      for (const { name, brief } of commands)
        assert.ok(stdout.includes(name) && asOneLine(stdout).includes(brief), name);
    });
  }

  for (const command of commands) {
    const { name } = command;
    for (const argv of [
      [name, "--help"],
      [name, "-h"],
      ["help", name],
      [name, "--nope", "--help"],
    ]) {
      test(`${argv.join(" ")} shows every option of ${name}`, async () => {
        const { exit, stdout, stderr } = await answer(argv);
        assert.deepEqual([exit, stderr], ["ok", ""]);
        assert.match(stdout, new RegExp(`^usage: portcall ${name}\\b`, "m"));
        for (const [option, row] of Object.entries(command.options)) {
          for (const typed of optionNames(option, row)) assert.ok(stdout.includes(typed), typed);
          assert.ok(asOneLine(stdout).includes(row.brief), option);
        }
      });
    }

    test(`what the examples of ${name} show is understood`, () => {
      for (const [line] of command.examples) {
        const words = (line.match(/portcall (\S+) ?([^<>|]*)/)?.[2] ?? "").trim().split(/\s+/);
        if (command.readsItself === true) {
          assert.equal(readFlags(words).refused, undefined, line);
          continue;
        }
        const known = Object.entries(command.options).flatMap(([option, row]) => optionNames(option, row));
        for (const word of words.filter((one) => one.startsWith("-"))) {
          assert.ok(known.includes(word), `${line}: ${word}`);
        }
      }
    });
  }
});

describe("what peers send", { concurrency: 3 }, () => {
  /** A server of the command, and how to ask whether it is still well. */
  async function serving(t: TestContext, ...words: string[]): Promise<{ child: Child; port: number }> {
    const child = portcall(t, ["serve", ...words]);
    return { child, port: await portOf(child) };
  }

  async function stillServes(t: TestContext, port: number): Promise<void> {
    const peer = await passiveClient(t, { host: "127.0.0.1", port });
    peer.end("are you there\r\n");
    assert.match((await receivesEnd(peer)).toString("latin1"), /are you there\r\n$/);
  }

  /** Resolves when the system has taken it all, or the connection is over. */
  function send(peer: net.Socket, data: Uint8Array): Promise<unknown> {
    return new Promise((resolve) => peer.write(data, resolve));
  }

  test("F8: a line over the limit closes that client after a final message, and the server continues", async (t) => {
    const { child, port } = await serving(t, "reply", ":0");
    const peer = await passiveClient(t, { host: "127.0.0.1", port });
    peer.write(`short\n${"x".repeat(16_385)}`);
    const reported = (await receivesEnd(peer)).toString();
    assert.match(
      reported,
      /^Welcome .*\nOK\.\.\. short\nToo long: a line is longer than 16384 bytes\. Goodbye\.\n$/,
    );
    peer.end();
    await child.printsOnStderr(/left: limit by us \(receive .*: a line is longer than 16384 bytes/);
    await stillServes(t, port);
  });

  test("F8: 128 MiB without a newline end that client, and take no memory", unless(notLinux), async (t) => {
    const { child, port } = await serving(t, "reply", ":0");
    const peer = await passiveClient(t, { host: "127.0.0.1", port });
    await receives(peer, 1);
    const before = peakMemory(child);
    const chunk = Buffer.alloc(1_048_576, "x");
    for (let sent = 0; sent < 128 && !peer.destroyed; sent++) await send(peer, chunk);
    await child.printsOnStderr(/left: limit by us/);
    const grown = peakMemory(child) - before;
    // What is thrown away waits for the garbage collector, a while; that of Node 24 for longer.
    assert.ok(grown < 96, `grew by ${grown} MiB`);
    await stillServes(t, port);
  });

  test(
    "F66: 64 MiB in lines to a client that reads no answer take no memory",
    unless(notLinux),
    async (t) => {
      const { child, port } = await serving(t, "reply", ":0");
      const peer = await passiveClient(t, { host: "127.0.0.1", port });
      await receives(peer, 1);
      peer.pause();
      const before = peakMemory(child);
      const chunk = Buffer.alloc(1_048_576, `${"x".repeat(1_023)}\n`);
      // The peer has to wait, because nothing is read.
      for (let sent = 0; sent < 64; sent++) peer.write(chunk);
      await stillServes(t, port);
      const grown = peakMemory(child) - before;
      assert.ok(grown < 48, `grew by ${grown} MiB`);
      assert.ok(peer.writableLength > 16 * chunk.length, "most of it was never taken");
    },
  );

  test("F63, F64, F65: NUL, lone CR, bytes that are no UTF-8, and every cut of them come back as lines", async (t) => {
    const { port } = await serving(t, "echo", ":0", "--frame", "lines", "--welcome", "");
    const peer = await passiveClient(t, { host: "127.0.0.1", port });
    peer.setNoDelay();
    const line = Buffer.from([0x00, 0x61, 0x0d, 0x62, 0xe2, 0x82, 0xac, 0x1b, 0x5b, 0x7f, 0x0d, 0x0a]);
    for (let cut = 0; cut <= line.length; cut++) {
      await send(peer, line.subarray(0, cut));
      await send(peer, line.subarray(cut));
    }
    peer.end();
    const expected = Buffer.concat([line.subarray(0, -2), Buffer.from("\n")]);
    const came = await receivesEnd(peer);
    assert.equal(came.toString("latin1"), expected.toString("latin1").repeat(line.length + 1));
  });

  for (const service of ["reply", "echo", "discard", "chargen", "daytime", "time"]) {
    test(`F65: ${service} survives arbitrary bytes, and clients that disconnect in any way`, async (t) => {
      const { child, port } = await serving(t, service, ":0");
      let seed = 1;
      const random = (): number => (seed = (seed * 48_271) % 0x7fffffff) / 0x7fffffff;
      for (let round = 0; round < 20; round++) {
        const peer = await passiveClient(t, { host: "127.0.0.1", port });
        if (round % 2 === 0) peer.resume();
        await send(peer, Buffer.from(Array.from({ length: 1 + random() * 5_000 }, () => random() * 256)));
        if (round % 3 === 0) peer.resetAndDestroy();
        else if (round % 3 === 1) peer.destroy();
        else peer.end().resume();
      }
      child.kill("SIGINT");
      assert.equal(await child.code(), 0);
      assert.doesNotMatch(child.stderr, /a fault in portcall|^\s+at /m);
    });
  }

  for (const words of [
    ["listen", "-k", ":0"],
    ["listen", "--connections", "3", ":0"],
  ]) {
    test(`F8: ${words.join(" ")} ends a client whose line has no end, and keeps the others`, async (t) => {
      const child = portcall(t, words);
      const port = await portOf(child);
      const other = await passiveClient(t, { host: "127.0.0.1", port });
      const peer = await passiveClient(t, { host: "127.0.0.1", port });
      peer.write("x".repeat(16_385));
      assert.match((await receivesEnd(peer)).toString(), /^Too long: /);
      peer.end();
      await child.printsOnStderr(/\[2\] left: limit by us/);
      other.write("still here\n");
      await child.prints(/^\[1\] still here\n/);
    });
  }
});

function peakMemory(child: Child): number {
  const status = readFileSync(`/proc/${child.process.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}
