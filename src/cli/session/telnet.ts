/**
 * `--telnet`: the command's side of a telnet session, as client or server.
 */
import { quote } from "../../base/text/quote.ts";
import { concatBytes } from "../../base/bytes.ts";
import {
  createTelnetSession,
  telnetCommands,
  type TelnetEvent,
  type TelnetOption,
  type TelnetSession,
} from "../../codec/index.ts";
import type { Connection } from "../../net/index.ts";
import type { PromptCommands } from "../tty/escape-prompt.ts";
import type { Reporter } from "../report/reporter.ts";
import type { Terminal } from "../tty/terminal.ts";

/**
 * Speaks telnet with a server. Sends the terminal's name and size only if the server asks and there is a terminal.
 *
 * A server that echoes and sends no GA has a terminal of its own, and expects each key as it is typed (RFC 857, RFC
 * 858). So keys are passed to it, and it alone draws. A server that echoes and takes whole lines does so to hide what
 * is typed, such as a password. Then it is not shown here either.
 */
export function runTelnetSession(connection: Connection, terminal: Terminal, reporter: Reporter): void {
  const window = terminal.window;
  const session = createTelnetSession({
    role: "client",
    window,
    terminalType: window === undefined ? undefined : terminal.type,
    onEvent(event) {
      reporter.remark(connection.id, () => `telnet: ${describe(event)}`);
      if (event.type !== "optionChanged" || event.side !== "peer") return;
      const echoes = session.does("peer", "echo");
      terminal.hideTyping(echoes);
      terminal.passKeys(echoes && session.does("peer", "sga"));
    },
  });
  terminal.promptCommands = promptCommands(session);
  connection.useLayer({
    open: (say) => {
      session.open(say);
    },
    receive: (chunk, deliver) => {
      session.receive(chunk, deliver);
    },
    // Each key is complete: what follows a CR is another key, and the server must not wait for it.
    send: (data) =>
      terminal.passesKeys ? concatBytes([session.send(data), session.end()]) : session.send(data),
    end: () => session.end(),
  });
  const forget = terminal.onResize(() => {
    if (terminal.window !== undefined) session.resize(terminal.window);
  });
  void connection.closed.then(forget);
}

/** Commands of the `^]` prompt for what no key can send. */
function promptCommands(session: TelnetSession): PromptCommands {
  const names = Object.keys(telnetCommands);
  return {
    send: {
      form: "send <command>",
      brief: `send a telnet command: ${names.join(", ")}`,
      run([name = "", ...more]) {
        const code = Object.entries(telnetCommands).find(([known]) => known === name)?.[1];
        if (code === undefined || more.length > 0) return `send needs one of ${names.join(", ")}`;
        session.command(code);
        return undefined;
      },
    },
  };
}

/** Speaks telnet with a client that sends line by line. */
export function listenToTelnet(client: Pick<Connection, "id" | "useLayer">, reporter: Reporter): void {
  const session = createTelnetSession({
    role: "server",
    // A client that is offered SGA or ECHO sends single characters, and no line would end.
    allowed: { us: ["binary"], peer: ["binary", "ttype", "naws"] },
    onEvent(event) {
      reporter.remark(client.id, () => `telnet: ${describe(event)}`);
    },
  });
  session.ask("peer", "ttype");
  session.ask("peer", "naws");
  client.useLayer(session);
}

const optionTitles: Readonly<Record<TelnetOption, string>> = {
  binary: "BINARY (send bytes, not lines of text)",
  echo: "ECHO (echo what the other side types)",
  sga: "SGA (send without taking turns)",
  ttype: "TTYPE (send its terminal type)",
  naws: "NAWS (send its window size)",
};

function describe(event: TelnetEvent): string {
  switch (event.type) {
    case "optionChanged": {
      const who = event.side === "us" ? "our side" : "the peer";
      return `${who} ${event.on ? "does" : "stops"} ${optionTitles[event.option]}`;
    }
    case "terminalTypeReceived":
      return `the peer's terminal is ${quote(event.name)}`;
    case "windowReceived":
      return `the peer's window has ${event.window.columns} columns and ${event.window.rows} rows`;
    case "commandReceived":
      return `the peer sent IAC ${nameOfCommand(event.command)}`;
    default:
      return event satisfies never;
  }
}

function nameOfCommand(command: number): string {
  const known = Object.entries(telnetCommands).find(([, code]) => code === command);
  return known === undefined ? String(command) : known[0].toUpperCase();
}
