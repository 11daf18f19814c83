/**
 * The reporters of what happens: silent, `-v` or `--explain`.
 */
import type { NetError } from "../../base/errors.ts";
import type {
  BytesEvent,
  ConnectionId,
  DatagramObservers,
  Observers,
  SocketEvent,
} from "../../base/events.ts";
import { setOff, type ColourChoice } from "../tty/colours.ts";
import { explainFailure } from "./fix.ts";
import { Explainer } from "./explain.ts";
import { errorLine } from "../error-line.ts";
import { verboseLine } from "./verbose.ts";
import type { JsonMode } from "../json/json-report.ts";
import type { SwitchRow, ValuedRow } from "../args/options.ts";
import { findPortHolder, type HeldAddress } from "../system/port-holder.ts";
import type { Terminal } from "../tty/terminal.ts";
import { colourChoice, jsonMode } from "../args/values.ts";

export interface Reporter {
  readonly observers: Observers;
  readonly datagramObservers: DatagramObservers;
  /** Whether it reports each stage, and not only failures. */
  readonly reportsAll: boolean;
  /**
   * Reports a failure to connect or to listen, as the last line. `address` is the one that could not be bound, if
   * known.
   */
  failed(error: NetError, address: HeldAddress | undefined): Promise<void>;
  /** Reports something else about a connection in one line, if each stage is reported. */
  remark(connection: ConnectionId, line: () => string): void;
  /** Reports why the only connection closed, after the event for it. */
  ended(error: NetError): void;
}

/** The switches that choose a reporter, in every command's table of options. */
export const reporterOptions: {
  readonly verbose: SwitchRow;
  readonly explain: SwitchRow;
  readonly json: ValuedRow<JsonMode>;
  readonly color: ValuedRow<ColourChoice>;
} = {
  verbose: { short: "v", brief: "report each stage on stderr as it happens" },
  explain: { brief: "explain each stage as it happens, and each failure with its cause and fix" },
  json: {
    brief: "report on stdout in JSON: one object at the end, or one line for each event",
    value: { placeholder: "stream", read: jsonMode, whenLeftOut: "report" },
  },
  color: {
    brief: "show colours: auto (on a terminal), always or never",
    value: { placeholder: "<auto|always|never>", read: colourChoice },
  },
};

export interface ReporterOptions {
  readonly verbose?: true;
  readonly explain?: true;
  readonly "source-port"?: number;
  /** Puts the number of the connection before each line, for commands with several. */
  readonly numbered?: boolean;
}

type TextReporter = Omit<Reporter, "datagramObservers">;

export function createReporter(options: ReporterOptions, terminal: Terminal): Reporter {
  const reporter = textReporter(options, terminal);
  const { report } = terminal;
  if (report === undefined)
    return { ...reporter, datagramObservers: { onEvent: reporter.observers.onEvent } };
  const { onEvent, onBytes } = reporter.observers;
  const both = (event: SocketEvent): void => {
    report.observers.onEvent(event);
    onEvent?.(event);
  };
  return {
    reportsAll: reporter.reportsAll,
    datagramObservers: { onEvent: both, onDatagram: report.onDatagram },
    observers: {
      onEvent: both,
      onBytes(event) {
        report.observers.onBytes(event);
        onBytes?.(event);
      },
    },
    remark(connection, line) {
      reporter.remark(connection, line);
    },
    failed(error, address) {
      report.failed(error);
      return reporter.failed(error, address);
    },
    ended(error) {
      report.failed(error);
      reporter.ended(error);
    },
  };
}

function textReporter(options: ReporterOptions, terminal: Terminal): TextReporter {
  let prefix = "";
  const say = (line: string): void => {
    const text = prefix + line;
    const { start, rest } = terminal.saysInColour ? setOff(text) : { start: "", rest: text };
    terminal.say(rest, start);
  };
  const about = (event: SocketEvent | BytesEvent | { readonly connection: ConnectionId }): void => {
    prefix = options.numbered === true && "connection" in event ? `[${event.connection}] ` : "";
  };
  // The text is made only if it is shown: a peer may cause a million remarks in a second.
  const remark = (connection: ConnectionId, line: () => string): void => {
    about({ connection });
    if (options.verbose === true || options.explain === true) say(line());
  };
  const reporter =
    options.explain === true
      ? { ...explaining(new Explainer(say, options["source-port"]), say, about), remark }
      : {
          ...plain(say),
          remark,
          reportsAll: options.verbose === true,
          observers: options.verbose === true ? stages(say, about) : {},
        };
  return {
    ...reporter,
    failed(error, address) {
      // There is no connection, so no number stands before the line.
      prefix = "";
      return reporter.failed(error, address);
    },
  };
}

function plain(say: (line: string) => void): Pick<Reporter, "failed" | "ended"> {
  return {
    async failed(error, address) {
      const holder =
        error.code === "EADDRINUSE" && address !== undefined ? await findPortHolder(address) : undefined;
      const by = holder === undefined ? "" : `, by ${holder.command} (process ${holder.pid})`;
      say(`portcall: ${errorLine(error)}${by}`);
    },
    ended(error) {
      say(`portcall: ${errorLine(error)}`);
    },
  };
}

function stages(say: (line: string) => void, about: (event: SocketEvent) => void): Observers {
  return {
    onEvent(event) {
      about(event);
      const line = verboseLine(event);
      if (line !== undefined) say(line);
    },
  };
}

function explaining(
  explainer: Explainer,
  say: (line: string) => void,
  about: (event: SocketEvent | BytesEvent) => void,
): Omit<TextReporter, "remark"> {
  return {
    reportsAll: true,
    observers: {
      onEvent(event) {
        about(event);
        explainer.event(event);
      },
      onBytes(event) {
        about(event);
        explainer.bytes(event);
      },
    },
    async failed(error, address) {
      for (const line of await explainFailure(error, address)) say(line);
    },
    ended() {
      // The explainer has already reported it.
    },
  };
}
