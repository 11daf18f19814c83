/**
 * The object that `--json` prints at the end.
 */
import type { Address } from "../../base/address/address.ts";
import type { Attempt, NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import type { Finding } from "./finding.ts";
import { exitCodes, type ExitName } from "../exit.ts";
import { datagramSocketShape, type DatagramSocketRecord } from "./datagram-records.ts";
import {
  address,
  attempt,
  bytes,
  count,
  durationMs,
  closeInfo,
  list,
  netError,
  object,
  oneOf,
  orNull,
  text,
  yes,
  type Shape,
} from "./shapes.ts";

export interface ConnectionRecord {
  readonly connection: number;
  readonly role: "client" | "server";
  readonly local: Address;
  readonly remote: Address | undefined;
  readonly durationMs: number;
  /** How it closed; `undefined` if it was still open when the command ended. */
  closeInfo: CloseInfo | undefined;
  /** The received bytes, unless they were already printed as events. */
  received: Uint8Array | undefined;
  sent: Uint8Array | undefined;
  /** Bytes, received and sent, that were left out because the report was full. */
  bytesLeftOut: number;
}

export interface ProbedTarget {
  readonly target: string;
  /** `open`, or the word in the table for the failure. */
  readonly outcome: string;
  readonly durationMs: number;
  readonly error: NetError | undefined;
}

export interface Report {
  readonly type: "report";
  readonly command: string | undefined;
  readonly ok: boolean;
  readonly exit: number;
  readonly exitName: ExitName;
  /** The stage, code and message of a failure. */
  readonly stage: string | undefined;
  readonly code: string | undefined;
  /** Why the TLS handshake failed, in one word. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly attempts: readonly Attempt[];
  readonly durationMs: number;
  readonly listening: readonly Address[];
  readonly connections: readonly ConnectionRecord[];
  readonly connectionsTotal: number;
  readonly refusedTotal: number;
  readonly datagramSockets: readonly DatagramSocketRecord[];
  readonly eventsLeftOut: number;
  /** The results for several targets, in the order of the command line. */
  readonly targets: readonly ProbedTarget[];
  readonly findings: readonly Finding[];
}

const exitNames = Object.keys(exitCodes) as ExitName[];

const connectionShape: Shape<ConnectionRecord> = object<ConnectionRecord>({
  connection: count,
  role: oneOf("client", "server"),
  local: address,
  remote: orNull(address),
  durationMs,
  closeInfo: orNull(closeInfo),
  received: orNull(bytes),
  sent: orNull(bytes),
  bytesLeftOut: count,
});

export const reportShape: Shape<Report> = object<Report>({
  type: oneOf("report"),
  command: orNull(text),
  ok: yes,
  exit: { schema: { enum: exitNames.map((name) => exitCodes[name].code) }, write: (code) => code },
  exitName: oneOf(...exitNames),
  stage: orNull(text),
  code: orNull(text),
  reason: orNull(text),
  message: orNull(text),
  attempts: list(attempt),
  durationMs,
  listening: list(address),
  connections: list(connectionShape),
  connectionsTotal: count,
  refusedTotal: count,
  datagramSockets: list(datagramSocketShape),
  eventsLeftOut: count,
  targets: list(object<ProbedTarget>({ target: text, outcome: text, durationMs, error: orNull(netError) })),
  findings: list(object<Finding>({ subject: text, says: text, state: oneOf("ok", "note", "wrong") })),
});
