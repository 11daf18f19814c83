/**
 * The numbers of telnet, by name: commands (RFC 854, RFC 1184 and RFC 885) and options.
 */

/** Interpret as command: what stands before every command, and twice for the byte itself. */
export const IAC = 0xff;
export const SB = 0xfa;
export const SE = 0xf0;

/** The commands that stand alone, with their codes. */
export const telnetCommands = {
  /** End of file, suspend, abort: for programs that read from a terminal (RFC 1184). */
  eof: 236,
  susp: 237,
  abort: 238,
  /** End of record (RFC 885). */
  eor: 239,
  nop: 241,
  /** Data mark: the end of what a synch lets pass. */
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

/** The options that are spoken of here by name, with their numbers. */
export const telnetOptions = {
  /** Eight bits and no line ends, in one direction (RFC 856). */
  binary: 0,
  /** Whoever does it shows what the other types (RFC 857). */
  echo: 1,
  /** Suppress go ahead: whoever does it sends none (RFC 858). */
  sga: 3,
  /** Answers each time that everything before has been looked at (RFC 860). */
  timingMark: 6,
  /** The name of a terminal (RFC 1091). */
  ttype: 24,
  /** The size of a window (RFC 1073). */
  naws: 31,
} as const;

/** An option that a telnet session can do, or let the peer do. */
export type TelnetOption = Exclude<keyof typeof telnetOptions, "timingMark">;
