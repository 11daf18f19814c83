/** Telnet codes by name: commands (RFC 854, RFC 1184 and RFC 885) and options. */

/** Interpret as command: precedes every command, and is doubled in data. */
export const IAC = 0xff;
export const SB = 0xfa;
export const SE = 0xf0;

/** The codes of commands without parameters. */
export const telnetCommands = {
  /** End of file, suspend, abort: for terminal programs (RFC 1184). */
  eof: 236,
  susp: 237,
  abort: 238,
  /** End of record (RFC 885). */
  eor: 239,
  nop: 241,
  /** Data mark: the end of a Synch. */
  dm: 242,
  brk: 243,
  /** Interrupt process. */
  ip: 244,
  /** Abort output. */
  ao: 245,
  /** Are you there? */
  ayt: 246,
  /** Erase character, erase line. */
  ec: 247,
  el: 248,
  /** Go ahead. */
  ga: 249,
} as const;

/** The numbers of the supported options. */
export const telnetOptions = {
  /** Binary transmission in one direction: eight bits, no line ending conversion (RFC 856). */
  binary: 0,
  /** The side that does it echoes what the other side types (RFC 857). */
  echo: 1,
  /** Suppress go ahead: the side that does it sends no GA (RFC 858). */
  sga: 3,
  /** Timing mark: replied to when all data before it is processed (RFC 860). */
  timingMark: 6,
  /** Terminal type (RFC 1091). */
  ttype: 24,
  /** Window size (RFC 1073). */
  naws: 31,
} as const;

/** An option that a telnet session can negotiate. */
export type TelnetOption = Exclude<keyof typeof telnetOptions, "timingMark">;
