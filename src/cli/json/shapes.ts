/**
 * The shapes of values in `--json`: how each is written, and its schema.
 *
 * One shape is both, so that the output and the schema cannot differ.
 */
import { formatAddress, type Address } from "../../base/address/address.ts";
import type { Attempt, NetError } from "../../base/errors.ts";
import type { DatagramCloseInfo, CloseInfo } from "../../base/events.ts";
import { tlsReason } from "../tls-reason.ts";
import { jsonBytes } from "./bytes.ts";

/** A JSON Schema, or a part of one (draft 2020-12). */
export type Schema = Readonly<Record<string, unknown>>;

export interface Shape<Value> {
  readonly schema: Schema;
  write(value: Value): unknown;
}

/** How each field of an object is written, all of them required. */
export type Fields<Value> = { readonly [Key in keyof Value]-?: Shape<Value[Key]> };

function plain<Value>(schema: Schema): Shape<Value> {
  return { schema, write: (value) => value };
}

export const text: Shape<string> = plain({ type: "string" });
export const count: Shape<number> = plain({ type: "integer", minimum: 0 });
export const yes: Shape<boolean> = plain({ type: "boolean" });

/** A number of milliseconds, rounded to microseconds; `null` for infinity. */
export const durationMs: Shape<number> = {
  schema: { type: ["number", "null"], minimum: 0 },
  write: (value) => (Number.isFinite(value) ? Math.round(value * 1_000) / 1_000 : null),
};

/** A count; `null` for infinity. */
export const countOrNone: Shape<number> = {
  schema: { type: ["integer", "null"], minimum: 0 },
  write: (value) => (Number.isFinite(value) ? value : null),
};

/** An address as the command writes it, as in `127.0.0.1:80`. */
export const address: Shape<Address> = { schema: { type: "string" }, write: formatAddress };

export const bytes: Shape<Uint8Array> = {
  schema: {
    oneOf: [
      objectSchema({ text: { type: "string" } }),
      objectSchema({ base64: { type: "string", contentEncoding: "base64" } }),
    ],
  },
  write: jsonBytes,
};

export function oneOf<Word extends string>(...words: readonly Word[]): Shape<Word> {
  return plain({ enum: words });
}

export function list<Value>(shape: Shape<Value>): Shape<readonly Value[]> {
  return {
    schema: { type: "array", items: shape.schema },
    write: (values) => values.map((value) => shape.write(value)),
  };
}

export function orNull<Value>(shape: Shape<Value>): Shape<Value | undefined> {
  return {
    schema: { oneOf: [shape.schema, { type: "null" }] },
    write: (value) => (value === undefined ? null : shape.write(value)),
  };
}

/** An object with exactly these fields. */
export function object<Value extends object>(fields: Fields<Value>): Shape<Value> {
  const entries = Object.entries(fields) as [keyof Value & string, Shape<unknown>][];
  return {
    schema: objectSchema(Object.fromEntries(entries.map(([name, shape]) => [name, shape.schema]))),
    write: (value) => Object.fromEntries(entries.map(([name, shape]) => [name, shape.write(value[name])])),
  };
}

function objectSchema(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const attemptFields: Fields<Attempt> = { address: text, startedMs: durationMs, durationMs, outcome: text };
export const attempt: Shape<Attempt> = object(attemptFields);

const stage = oneOf<NetError["stage"]>(
  "create",
  "resolve",
  "connect",
  "handshake",
  "bind",
  "listen",
  "accept",
  "send",
  "receive",
  "close",
);

const failure = object<
  Pick<NetError, "code" | "stage" | "address" | "message" | "option" | "attempts"> & {
    readonly reason: string | undefined;
  }
>({
  code: text,
  reason: orNull(text),
  stage,
  address: orNull(text),
  message: text,
  option: orNull(text),
  attempts: list(attempt),
});

/** A failure: the code, for TLS the reason in one word, the stage and the message. */
export const netError: Shape<NetError> = {
  schema: failure.schema,
  write(error) {
    return failure.write({
      code: error.code,
      reason: tlsReason(error),
      stage: error.stage,
      address: error.address,
      message: error.message,
      option: error.option,
      attempts: error.attempts,
    });
  },
};

export const datagramCloseInfo: Shape<DatagramCloseInfo> = object<DatagramCloseInfo>({
  how: oneOf<DatagramCloseInfo["how"]>("closed", "timeout"),
  datagramsReceived: count,
  bytesReceived: count,
  datagramsSent: count,
  bytesSent: count,
  datagramsDropped: count,
  durationMs,
  error: orNull(netError),
});

export const closeInfo: Shape<CloseInfo> = object<CloseInfo>({
  how: oneOf<CloseInfo["how"]>("fin", "reset", "timeout", "limit", "protocol", "aborted", "failed"),
  by: oneOf<CloseInfo["by"]>("peer", "us"),
  stage,
  bytesReceived: count,
  bytesSent: count,
  bytesUnsent: count,
  durationMs,
  error: orNull(netError),
});
