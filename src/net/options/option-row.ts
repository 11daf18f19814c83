/**
 * One row of the table of options: the facts of an option from which its checks, default, flag and documentation are made.
 */

import type { StartTlsProtocol } from "../starttls/protocols.ts";

/** The functions whose options the table has. */
export type Call = "connect" | "serve" | "bindUdp" | "connectUdp";

/** The type of the values of each kind. Functions are of the type that the option's interface says. */
export interface KindTypes {
  /** Milliseconds above 0, or `Infinity`. */
  readonly timeout: number;
  /** A whole number of `least` or more, or `Infinity`. */
  readonly limit: number;
  /** A whole number from `least` to `most`. */
  readonly integer: number;
  readonly port: number;
  readonly switch: boolean;
  readonly text: string;
  /** Text that goes out as UTF-8. */
  readonly message: string;
  readonly addressBlocks: readonly string[];
  readonly family: 4 | 6;
  readonly function: (...args: never[]) => unknown;
  readonly object: object;
  /** A protocol that starts TLS on request. */
  readonly protocol: StartTlsProtocol;
  readonly signal: AbortSignal;
  readonly codec: object;
  readonly engine: object | string;
  readonly clock: object;
}

export type OptionKind = keyof KindTypes;

type Stated = number | string | boolean;

export interface OptionRow {
  readonly kind: OptionKind;
  readonly calls: readonly Call[];
  /** The smallest number; 1 unless stated. */
  readonly least?: number;
  readonly most?: number;
  /** An integer that may be `Infinity` too. */
  readonly orInfinity?: true;
  /**
   * The value of an option that is not given, for all calls or for each; `unlimited` stands for `Infinity`. Without
   * one, the setting is `undefined`.
   */
  readonly default?: Stated | Readonly<Partial<Record<Call, Stated>>>;
  /** What holds for an option without a default that is not given. */
  readonly otherwise?: string;
  /** Why the default has this value. Each number with a default has one. */
  readonly why?: string;
  /** The engines that have it; all, unless stated. */
  readonly engines?: readonly string[];
  /** Why it has no effect on a Unix socket, after the words "is a Unix socket". */
  readonly notUnix?: string;
  /** For a function: what makes one, for the error. */
  readonly madeBy?: string;
  /** The command's flag that sets it, as error texts spell it. */
  readonly flag?: string;
}
