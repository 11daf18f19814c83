/**
 * What a flag of nc is, and what a line of flags says.
 */
import type { OptionRow } from "../args/options.ts";

/** Whose meaning a letter has, where the two programs do not agree. */
export type Dialect = "nc" | "ncat";

/** One flag. A key of one letter is that letter, and has no long name. */
export interface FlagRow extends OptionRow<unknown> {
  /** Its letter in ncat, where nc means something else by it. */
  readonly ncatShort?: string;
  /** It is ncat's alone: whoever writes it speaks ncat's dialect. */
  readonly ncatOnly?: true;
  /** Why it is not to be had here. */
  readonly cannot?: string;
}

export type FlagTable = Readonly<Record<string, FlagRow>>;

/** What was given, under the names of the table: `readFlags` fills it with what each row reads. */
export interface NcValues extends Readonly<Partial<Record<Switch, true>>> {
  readonly "source-port"?: number;
  readonly source?: string;
  readonly wait?: number;
  readonly q?: number;
  readonly i?: number;
  readonly W?: number;
  readonly I?: number;
  readonly O?: number;
  readonly x?: string;
  readonly X?: ProxyProtocol;
  readonly proxy?: string;
  readonly "proxy-type"?: ProxyProtocol;
  readonly "proxy-auth"?: string;
  readonly exec?: string;
  readonly "sh-exec"?: string;
  readonly delay?: number;
  readonly "idle-timeout"?: number;
  readonly "max-conns"?: number;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly allowfile?: readonly string[];
  readonly denyfile?: readonly string[];
}

export type ProxyProtocol = "socks5" | "http";

type Switch =
  | "4"
  | "6"
  | "udp"
  | "unixsock"
  | "listen"
  | "keep-open"
  | "nodns"
  | "z"
  | "r"
  | "N"
  | "d"
  | "crlf"
  | "telnet"
  | "send-only"
  | "recv-only"
  | "no-shutdown"
  | "chat"
  | "version";
