/**
 * `--json`: results for programs. It prints one object at the end; `--json=stream` prints one line for each event
 * before it. stdout then carries nothing else.
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
import { tlsReason } from "../tls-reason.ts";
import { KeptBytes } from "../../base/kept-bytes.ts";
import { jsonLine } from "./line.ts";
import { reportShape, type ConnectionRecord, type ProbedTarget } from "./report-shape.ts";

/** One report at the end, or events as they happen. */
export type JsonMode = "report" | "stream";

/** The report holds this many connections, the last ones. */
const connectionsMax = 100;
/** The report holds this many bytes of all connections together, and counts the rest. */
const bytesMax = 16_777_216;
/** If this many bytes wait to be read from stdout, further lines are left out and counted. */
const unreadBytesMax = 16_777_216;

export interface JsonOutput {
  print(line: string): Promise<void>;
  /** Bytes that were printed and not read yet. */
  unreadBytes(): number;
}

interface Traffic {
  readonly received: KeptBytes;
  readonly sent: KeptBytes;
}

export class JsonReport {
  /** The observers, which can be combined with others. */
  readonly observers: { readonly [Name in keyof Observers]-?: NonNullable<Observers[Name]> };
  /** The observer for the bytes of datagram sockets. */
  readonly onDatagram: (event: DatagramBytesEvent) => void;

  readonly #mode: JsonMode;
  readonly #command: string | undefined;
  readonly #output: JsonOutput;
  readonly #clock: Clock;
  readonly #beganMs: number;
  readonly #listening: Address[] = [];
  readonly #records = new Map<ConnectionId, ConnectionRecord>();
  readonly #datagrams: DatagramRecords;
  readonly #traffic = new Map<ConnectionId, Traffic>();
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
      if (mode === "stream") this.#print(event);
    };
    this.observers = { onEvent: watch, onBytes: watch };
    this.onDatagram = watch;
    this.#datagrams = new DatagramRecords(mode === "report");
  }

  /** Records a failure to connect or to listen, or why the only connection closed. */
  failed(error: NetError): void {
    this.#error = error;
  }

  /** Records a failure of the command line or of a file. */
  failedElsewhere(message: string): void {
    this.#message ??= message;
  }

  probed(targets: readonly ProbedTarget[]): void {
    this.#targets = targets;
    this.#error = targets.find(({ error }) => error !== undefined)?.error;
  }

  found(findings: readonly Finding[]): void {
    this.#findings = findings;
  }

  async finish(exitName: ExitName): Promise<void> {
    const ok = exitName === "ok";
    // If a file failed, the connection was only closed because of it.
    const error = ok || this.#message !== undefined ? undefined : (this.#error ?? this.#lastError());
    const report = reportShape.write({
      type: "report",
      command: this.#command,
      ok,
      exit: exitCodes[exitName].code,
      exitName,
      stage: error?.stage,
      code: error?.code,
      reason: error && tlsReason(error),
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

  #print(event: AnyEvent): void {
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
      case "proxyHeaderFailed":
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
      this.#traffic.set(connection, { received: new KeptBytes(), sent: new KeptBytes() });
    for (const [id, { closeInfo }] of this.#records) {
      if (this.#records.size <= connectionsMax) return;
      if (closeInfo !== undefined) this.#forget(id);
    }
  }

  #forget(connection: ConnectionId): void {
    const talk = this.#traffic.get(connection);
    if (talk !== undefined) this.#bytesKept -= talk.received.length + talk.sent.length;
    this.#traffic.delete(connection);
    this.#records.delete(connection);
  }

  #keep(connection: ConnectionId, direction: keyof Traffic, view: Uint8Array): void {
    const talk = this.#traffic.get(connection);
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
    const talk = this.#traffic.get(record.connection);
    if (talk === undefined) return record;
    return { ...record, received: talk.received.bytes, sent: talk.sent.bytes };
  }

  /** Why the last connection closed, if that decided the exit. */
  #lastError(): NetError | undefined {
    return (
      [...this.#records.values()].at(-1)?.closeInfo?.error ?? this.#datagrams.records.at(-1)?.closeInfo?.error
    );
  }
}
