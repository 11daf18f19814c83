/**
 * `portcall nc`: the flags, messages and exit codes of nc, for habits and scripts.
 */
import type { Command } from "../command.ts";
import type { ExitName } from "../exit.ts";
import { connectAll } from "../nc/connect.ts";
import { exchange, hear } from "../nc/datagrams.ts";
import { dialectOfLink, otherDialects } from "../nc/dialect.ts";
import { supportedFlags } from "../nc/flags.ts";
import { readFlags, type NcLine } from "../nc/getopt.ts";
import { listen } from "../nc/listen.ts";
import { readRequest } from "../nc/request.ts";
import type { ParsedLine, OptionTable } from "../args/options.ts";
import type { Terminal } from "../tty/terminal.ts";
import { FileError, UsageError } from "../usage.ts";
import { version } from "../version.ts";

export const ncCommand: Command = {
  name: "nc",
  brief: "connect and listen with the flags of nc and ncat, for habits and scripts",
  usage: ["[flags] <host> <ports>…", "-l [flags] [host] <port>", "-U [flags] <path>"],
  about: `Takes the flags of OpenBSD nc, as Debian has it, and those of ncat; a letter that the two
do not agree about is OpenBSD's, unless the line has what only ncat knows: a long name, -c or
-e. When both readings are possible, a line says which one was taken.

No FIN is sent at the end of stdin, unless -N or -q is given, or the line is read as ncat's. The
command ends when both the peer and stdin have ended. The exit code is 0 once it was connected,
and 1 if it could not connect. \`-l\` without a host accepts connections from other machines,
as in nc.`,
  options: supportedFlags,
  readsItself: true,
  examples: [
    ["portcall nc -zv localhost 20-25", "check which ports answer, with nc's messages"],
    [
      "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | portcall nc example.com 80",
      "send a request and print the answer",
    ],
    ["portcall nc -l 9000 > file", "receive a file (send: portcall nc -N host 9000 < file)"],
    ["portcall nc -lk -e /bin/cat 127.0.0.1 7000", "a program for each client, as with ncat"],
  ],
  run,
};

/**
 * A failure exits with 1, as in both programs. An invalid line exits with nc's 1 or ncat's 2. A flag that is not
 * supported here exits with 2.
 */
async function run({ words: argv }: ParsedLine<OptionTable>, terminal: Terminal): Promise<ExitName> {
  let dialect = dialectOfLink(process.argv[1]) ?? "nc";
  try {
    const line = readFlags(argv, dialect);
    dialect = line.dialect;
    return await runLine(line, terminal);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof FileError)) throw error;
    terminal.say(`nc: ${error.message}`);
    return dialect === "ncat" ? "usage" : "unmet";
  }
}

async function runLine(line: NcLine, terminal: Terminal): Promise<ExitName> {
  if (line.refused !== undefined) {
    terminal.say(`nc: ${line.refused}`);
    return "usage";
  }
  if (line.given.version === true) return terminal.print(`${version()}\n`);
  for (const other of otherDialects(line)) terminal.say(other);
  const request = readRequest(line);
  if (request.protocol === "udp") {
    return request.given.listen === true ? hear(request, terminal) : exchange(request, terminal);
  }
  return request.given.listen === true ? listen(request, terminal) : connectAll(request, terminal);
}
