/**
 * The types of a flag of nc and of the flags on a line.
 */
import type { OptionRow } from "../args/options.ts";

/** The program whose meaning a letter has, if the two differ. */
export type Dialect = "nc" | "ncat";

/** One flag. A key with one letter is that letter, and has no long name. */
export interface FlagRow extends OptionRow<unknown> {
  /** Its letter in ncat, if the letter means something else in nc. */
  readonly ncatShort?: string;
  /** Only ncat has it: its use selects ncat's dialect. */
  readonly ncatOnly?: true;
  readonly cannot?: string;
}

export type FlagTable = Readonly<Record<string, FlagRow>>;

/** The given values by name; `readFlags` fills it from the rows. */
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
