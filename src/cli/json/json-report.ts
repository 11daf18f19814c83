/**
 * `--json`: what happened, for machines. One object at the end, or with `--json=stream` a
 * line for each event and then that object; on stdout, where nothing else goes then.
 */
import type { Address } from "../../base/address/address.ts";
import type { Clock } from "../../base/clock.ts";
import type { NetError } from "../../base/errors.ts";
import type { ConnectionId, DatagramBytesEvent, Observers } from "../../base/events.ts";
import type { Finding } from "./finding.ts";
import { exitCodes, type ExitName } from "../exit.ts";
import { errorLine } from "../error-line.ts";
import { DatagramRecords } from "./datagram-records.ts";
import { eventJson, type AnyEvent } from "./events.ts";
import { KeptBytes } from "./kept-bytes.ts";
import { jsonLine } from "./line.ts";
import { reportShape, type ConnectionRecord, type ProbedTarget } from "./report-shape.ts";

/** Whole at the end, or as it happens. */
export type JsonMode = "report" | "stream";

/** Connections that the object at the end tells of: the last ones. */
const connectionsMax = 100;
/** Bytes that it holds, of all connections together; of those that came after, it tells the number. */
const bytesMax = 16_777_216;
/** Lines for a stdout that nobody reads are left out past this, and counted. */
const unreadBytesMax = 16_777_216;

/** Where the lines go. */
export interface JsonOutput {
  print(line: string): Promise<void>;
  /** Bytes printed that nobody has read yet. */
  unreadBytes(): number;
}

/** What came and went on one connection. */
interface Talk {
  readonly received: KeptBytes;
  readonly sent: KeptBytes;
}

export class JsonReport {
  /** What to watch; beside whoever else does. */
  readonly observers: { readonly [Name in keyof Observers]-?: NonNullable<Observers[Name]> };
  /** What to watch on datagram sockets, beside the events. */
  readonly onDatagram: (event: DatagramBytesEvent) => void;

  readonly #mode: JsonMode;
  readonly #command: string | undefined;
  readonly #output: JsonOutput;
  readonly #clock: Clock;
  readonly #beganMs: number;
  readonly #listening: Address[] = [];
  readonly #records = new Map<ConnectionId, ConnectionRecord>();
  readonly #datagrams: DatagramRecords;
  readonly #talks = new Map<ConnectionId, Talk>();
  #connectionsTotal = 0;
  #refusedTotal = 0;
  #bytesKept = 0;
  #eventsLeftOut = 0;
  #error: NetError | undefined;
  #message: string | undefined;
  #targets: readonly ProbedTarget[] = [];
  #findings: readonly Finding[] = [];

  constructor(mode: JsonMode, command: string | undefined, output: JsonOutput, clock: Clock) {
    this.#mode = mode;
    this.#command = command;
    this.#output = output;
    this.#clock = clock;
    this.#beganMs = clock.now();
    const watch = (event: AnyEvent): void => {
      this.#note(event);
      if (mode === "stream") this.#tell(event);
    };
    this.observers = { onEvent: watch, onBytes: watch };
    this.onDatagram = watch;
    this.#datagrams = new DatagramRecords(mode === "report");
  }

  /** A failure to connect or to listen, or why the only connection ended. */
  failed(error: NetError): void {
    this.#error = error;
  }

  /** A failure that is no socket's: of the command line, of a file. */
  said(message: string): void {
    this.#message ??= message;
  }

  /** What came of several targets. */
  probed(targets: readonly ProbedTarget[]): void {
    this.#targets = targets;
    this.#error = targets.find(({ error }) => error !== undefined)?.error;
  }

  /** What `doctor` found. */
  found(findings: readonly Finding[]): void {
    this.#findings = findings;
  }

  /** Prints the object at the end. */
  async finish(exitName: ExitName): Promise<void> {
    const ok = exitName === "ok";
    // Where it was a file, the connection had only to be given up for it.
    const error = ok || this.#message !== undefined ? undefined : (this.#error ?? this.#lastError());
    const report = reportShape.write({
      type: "report",
      command: this.#command,
      ok,
      exit: exitCodes[exitName].code,
      exitName,
      stage: error?.stage,
      code: error?.code,
      message: error === undefined ? this.#message : errorLine(error),
      attempts: error?.attempts ?? [],
      durationMs: this.#clock.now() - this.#beganMs,
      listening: this.#listening,
      connections: [...this.#records.values()].map((record) => this.#withBytes(record)),
      connectionsTotal: this.#connectionsTotal,
      refusedTotal: this.#refusedTotal,
      datagramSockets: this.#datagrams.records,
      eventsLeftOut: this.#eventsLeftOut,
      targets: this.#targets,
      findings: this.#findings,
    });
    await this.#output.print(jsonLine(report));
  }

  #tell(event: AnyEvent): void {
    if (this.#output.unreadBytes() > unreadBytesMax) {
      this.#eventsLeftOut++;
      return;
    }
    const atMs = Math.max(0, event.atMs - this.#beganMs);
    const line = eventJson({ ...event, atMs, time: new Date().toISOString() });
    void this.#output.print(jsonLine(line));
  }

  #note(event: AnyEvent): void {
    switch (event.type) {
      case "listening":
        this.#listening.push(event.address);
        return;
      case "refused":
        this.#refusedTotal++;
        return;
      case "opened":
        this.#opened(event);
        return;
      case "closed": {
        const record = this.#records.get(event.connection);
        if (record !== undefined) record.closeInfo = event.closeInfo;
        return;
      }
      case "bytesReceived":
        this.#keep(event.connection, "received", event.bytes);
        return;
      case "bytesSent":
        this.#keep(event.connection, "sent", event.bytes);
        return;
      default:
        if ("socket" in event) this.#datagrams.note(event);
    }
  }

  #opened({ connection, role, local, remote, durationMs }: Extract<AnyEvent, { type: "opened" }>): void {
    this.#connectionsTotal++;
    this.#records.set(connection, {
      connection,
      role,
      local,
      remote,
      durationMs,
      closeInfo: undefined,
      received: undefined,
      sent: undefined,
      bytesLeftOut: 0,
    });
    if (this.#mode === "report")
      this.#talks.set(connection, { received: new KeptBytes(), sent: new KeptBytes() });
    for (const [id, { closeInfo }] of this.#records) {
      if (this.#records.size <= connectionsMax) return;
      if (closeInfo !== undefined) this.#forget(id);
    }
  }

  #forget(connection: ConnectionId): void {
    const talk = this.#talks.get(connection);
    if (talk !== undefined) this.#bytesKept -= talk.received.length + talk.sent.length;
    this.#talks.delete(connection);
    this.#records.delete(connection);
  }

  #keep(connection: ConnectionId, direction: keyof Talk, view: Uint8Array): void {
    const talk = this.#talks.get(connection);
    const record = this.#records.get(connection);
    if (talk === undefined || record === undefined) return;
    if (this.#bytesKept + view.length > bytesMax) {
      record.bytesLeftOut += view.length;
      return;
    }
    this.#bytesKept += view.length;
    talk[direction].add(view);
  }

  #withBytes(record: ConnectionRecord): ConnectionRecord {
    const talk = this.#talks.get(record.connection);
    if (talk === undefined) return record;
    return { ...record, received: talk.received.bytes, sent: talk.sent.bytes };
  }

  /** What the last connection ended with, where that decided the exit. */
  #lastError(): NetError | undefined {
    return (
      [...this.#records.values()].at(-1)?.closeInfo?.error ?? this.#datagrams.records.at(-1)?.closeInfo?.error
    );
  }
}
