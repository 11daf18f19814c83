/**
 * One end of a telnet connection: plain data both ways, and the talk about options
 * done in between.
 *
 * Owns what is known of the peer, and the halves of a line end that a chunk may cut.
 * Does no I/O: it is a layer, which is handed bytes and says what to send. What
 * telnet looks like on the network is telnet.ts; what is agreed on is
 * telnet-agreements.ts.
 */
import {
  byteArray,
  callback,
  flag,
  oneOf,
  record,
  shown,
  text as checkText,
  texts,
  wholeNumber,
} from "../../base/arguments.ts";
import { ByteQueue } from "../../base/byte-queue.ts";
import { decodeText, encodeText, noBytes } from "../../base/bytes.ts";
import { checkOptions } from "../../base/option-checks.ts";
import type { Codec, Decoder } from "../codec.ts";
import type { Layer } from "../layer.ts";
import { TelnetAgreements, type TelnetAllowed, type TelnetSide } from "./agreements.ts";
import { endsInCr, escapeIac, escapeText, unescapeText } from "./escapes.ts";
import { telnetCommands, telnetOptions, type TelnetOption } from "./names.ts";
import { telnet, type TelnetMessage, type TelnetOptions } from "./telnet.ts";

/** The size of a window, in characters; 0 where it is not known. */
export interface TelnetWindow {
  readonly columns: number;
  readonly rows: number;
}

/** What a session learns, besides data. */
export type TelnetEvent =
  /** Both agree that a side does an option now, or does it no more. */
  | {
      readonly type: "optionChanged";
      readonly side: TelnetSide;
      readonly option: TelnetOption;
      readonly on: boolean;
    }
  /** The peer has named its terminal. */
  | { readonly type: "terminalTypeReceived"; readonly name: string }
  /** The peer has told the size of its window, for the first time or again. */
  | { readonly type: "windowReceived"; readonly window: TelnetWindow }
  /** A command that stands alone, by its code: see `telnetCommands`. */
  | { readonly type: "commandReceived"; readonly command: number };

/** Options of `createTelnetSession`. */
export interface TelnetSessionOptions extends TelnetOptions {
  /** Which end we are. */
  readonly role: "client" | "server";
  /**
   * Which options each side may do; all others are refused. Unless set, both may do
   * `binary` and `sga`; a server may `echo`, a client may tell of its terminal
   * (`ttype`, `naws`). What we have not got (`terminalType`, `window`), we do not do.
   */
  readonly allowed?: Partial<TelnetAllowed> | undefined;
  /** The name of our terminal, as in `xterm`: told if the peer asks for it. */
  readonly terminalType?: string | undefined;
  /** The size of our window: told if the peer asks for it, and then at each `resize`. */
  readonly window?: TelnetWindow | undefined;
  /** Told of everything but data. */
  readonly onEvent?: ((event: TelnetEvent) => void) | undefined;
}

const defaultAllowed: Readonly<Record<TelnetSessionOptions["role"], TelnetAllowed>> = {
  client: { us: ["binary", "sga", "ttype", "naws"], peer: ["binary", "sga", "echo"] },
  server: { us: ["binary", "sga", "echo"], peer: ["binary", "sga", "ttype", "naws"] },
};

const ttypeIs = 0;
const ttypeSend = 1;
/** What RFC 1091 lets the name of a terminal be made of, and how long. */
const terminalName = /^[!-~]{1,40}$/;
const there = encodeText("\r\n[yes]\r\n");

/** Makes one end of a telnet connection; for `connection.useLayer`, or for bytes from elsewhere. */
export function createTelnetSession(options: TelnetSessionOptions): TelnetSession {
  return new TelnetSession(options);
}

/**
 * One end of a telnet connection.
 *
 * What comes is delivered without anything of telnet's, and no byte of what is sent
 * can be taken for telnet. Text has line ends of its own there: unless `binary` is
 * agreed on for a direction, an LF that is sent becomes CR LF, and a CR alone is
 * CR NUL on the network. A CR LF that comes stays one. A CR NUL that comes is a line end
 * too for a server, and is delivered as CR LF (RFC 1123, section 3.3.1); for a client it
 * is a CR. No GA is ever sent.
 *
 * Options are negotiated by the Q method of RFC 1143. What may be agreed on is up to
 * `allowed`; every other request of the peer is refused, including the environment of the
 * process (NEW-ENVIRON). After `telnetAnswersMax` answers about one option, further
 * requests for it are not answered.
 *
 * @example
 * const session = createTelnetSession({ role: "server" });
 * session.ask("peer", "naws");
 * client.useLayer(session); // from here on the client's data is data alone
 */
export class TelnetSession implements Layer {
  readonly #role: TelnetSessionOptions["role"];
  readonly #terminalType: string | undefined;
  readonly #onEvent: ((event: TelnetEvent) => void) | undefined;
  readonly #codec: Codec<TelnetMessage>;
  readonly #decoder: Decoder<TelnetMessage>;
  readonly #agreements: TelnetAgreements;
  readonly #bytes = new ByteQueue();
  /** What is to be said as soon as somebody says how. */
  readonly #unsaid: Uint8Array[] = [];
  #say: ((bytes: Uint8Array) => void) | undefined;
  #window: TelnetWindow | undefined;
  /** Whether the text so far ended in a CR, whose second half is to come. */
  #receivedCr = false;
  #sentCr = false;

  /** @internal Made by `createTelnetSession`. */
  constructor(options: TelnetSessionOptions) {
    checkOptions("telnet", options, {
      role: true,
      allowed: checkAllowed,
      terminalType: checkText,
      window: record,
      onEvent: callback,
      subnegotiationBytesMax: true,
    });
    this.#role = oneOf("telnet: role", options.role, ["client", "server"]);
    this.#terminalType = checkedTerminalType(options.terminalType);
    this.#window = options.window && checkedWindow(options.window);
    this.#onEvent = options.onEvent;
    this.#codec = telnet({ subnegotiationBytesMax: options.subnegotiationBytesMax });
    this.#decoder = this.#codec.decoder();
    const allowed = { ...defaultAllowed[this.#role], ...options.allowed };
    const has = { ttype: this.#terminalType !== undefined, naws: this.#window !== undefined };
    this.#agreements = new TelnetAgreements(
      { ...allowed, us: allowed.us.filter((option) => !(option in has) || has[option as keyof typeof has]) },
      {
        say: (verb, option) => {
          this.#tellPeer({ type: "negotiation", verb, option });
        },
        changed: (side, option, on) => {
          this.#changed(side, option, on);
        },
      },
    );
  }

  /**
   * Whether a side does an option, agreed by both. It ends where that side says so: for `us`
   * when we send WONT, for the `peer` when its WONT comes, not when we ask for it.
   */
  does(side: TelnetSide, option: TelnetOption): boolean {
    checkSide(side, option);
    return this.#agreements.does(side, option);
  }

  /**
   * Asks the peer to agree that a side does an option, or does it no more. Whether
   * it does is told by `optionChanged`; a refusal changes nothing, and is not told.
   */
  ask(side: TelnetSide, option: TelnetOption, on: boolean = true): void {
    checkSide(side, option);
    flag("telnet: on", on);
    this.#agreements.ask(side, option, on);
  }

  /** Our window has another size now. A peer that has not asked for it is not told. */
  resize(window: TelnetWindow): void {
    this.#window = checkedWindow(window);
    if (this.does("us", "naws")) this.#tellWindow(this.#window);
  }

  /** Sends a command that stands alone, by its code. @throws {TypeError} for one that does not. */
  command(command: number): void {
    this.#tellPeer({ type: "command", command });
  }

  // ── Layer ──

  open(say: (bytes: Uint8Array) => void): void {
    callback("telnet: say", say);
    this.#say = say;
    for (const unsaid of this.#unsaid.splice(0)) say(unsaid);
  }

  receive(chunk: Uint8Array, deliver: (data: Uint8Array) => void): void {
    byteArray("telnet: chunk", chunk);
    callback("telnet: deliver", deliver);
    this.#bytes.push(chunk);
    for (;;) {
      const message = this.#decoder.decode(this.#bytes);
      if (message === undefined) return;
      if (message.type === "data") {
        const data = this.#received(message.bytes);
        if (data.length > 0) deliver(data);
      } else this.#heard(message);
    }
  }

  send(data: Uint8Array): Uint8Array {
    byteArray("telnet: data", data);
    if (this.does("us", "binary")) return escapeIac(data);
    const text = escapeText(data, this.#sentCr);
    this.#sentCr = endsInCr(data, this.#sentCr);
    return escapeIac(text);
  }

  end(): Uint8Array {
    const half = this.#sentCr;
    this.#sentCr = false;
    return half ? Uint8Array.of(0) : noBytes;
  }

  #received(data: Uint8Array): Uint8Array {
    if (this.does("peer", "binary")) return data;
    const text = unescapeText(data, this.#receivedCr, this.#role);
    this.#receivedCr = endsInCr(data, this.#receivedCr);
    return text;
  }

  #heard(message: Exclude<TelnetMessage, { type: "data" }>): void {
    switch (message.type) {
      case "negotiation":
        if (message.option === telnetOptions.timingMark && message.verb === "do") this.#marksTime();
        else this.#agreements.heard(message.verb, message.option);
        break;
      case "subnegotiation":
        this.#told(message.option, message.bytes);
        break;
      case "command":
        this.#onEvent?.({ type: "commandReceived", command: message.command });
        if (message.command === telnetCommands.ayt) this.#isThere();
    }
  }

  /**
   * Answers a timing mark, which is a question and not a state (RFC 860). A client discards output until it is answered. A
   * server (telnetd) asks to find out whether its client edits lines without LINEMODE, and then waits for whole lines; a
   * client refuses, as RFC 860 allows, so that keys can go out as they are typed.
   */
  #marksTime(): void {
    if (!this.#agreements.answersAgain("timing mark")) return;
    const verb = this.#role === "server" ? "will" : "wont";
    this.#tellPeer({ type: "negotiation", verb, option: telnetOptions.timingMark });
  }

  /** To a server, an answer would be something typed. */
  #isThere(): void {
    if (this.#role === "server" && this.#agreements.answersAgain("are you there")) this.#sayBytes(there);
  }

  #changed(side: TelnetSide, option: TelnetOption, on: boolean): void {
    if (option === "binary" && side === "us") this.#sentCr = false;
    if (option === "binary" && side === "peer") this.#receivedCr = false;
    this.#onEvent?.({ type: "optionChanged", side, option, on });
    if (!on) return;
    if (option === "naws" && side === "us" && this.#window !== undefined) this.#tellWindow(this.#window);
    if (option === "ttype" && side === "peer") this.#tellAbout("ttype", Uint8Array.of(ttypeSend));
  }

  /** A subnegotiation; one about an option that was not agreed on, or of another form, says nothing. */
  #told(option: number, bytes: Uint8Array): void {
    if (option === telnetOptions.ttype && bytes[0] === ttypeSend && this.does("us", "ttype")) {
      if (!this.#agreements.answersAgain("terminal type")) return;
      this.#tellAbout("ttype", encodeText(`\0${this.#terminalType}`));
    } else if (option === telnetOptions.ttype && bytes[0] === ttypeIs && this.does("peer", "ttype")) {
      const name = decodeText(bytes, 1);
      if (terminalName.test(name)) this.#onEvent?.({ type: "terminalTypeReceived", name });
    } else if (option === telnetOptions.naws && bytes.length === 4 && this.does("peer", "naws")) {
      const [a = 0, b = 0, c = 0, d = 0] = bytes;
      this.#onEvent?.({ type: "windowReceived", window: { columns: a * 256 + b, rows: c * 256 + d } });
    }
  }

  #tellWindow({ columns, rows }: TelnetWindow): void {
    this.#tellAbout("naws", Uint8Array.of(columns >> 8, columns & 0xff, rows >> 8, rows & 0xff));
  }

  #tellAbout(option: TelnetOption, bytes: Uint8Array): void {
    this.#tellPeer({ type: "subnegotiation", option: telnetOptions[option], bytes });
  }

  #tellPeer(message: TelnetMessage): void {
    this.#sayBytes(this.#codec.encode(message));
  }

  #sayBytes(bytes: Uint8Array): void {
    if (this.#say === undefined) this.#unsaid.push(bytes);
    else this.#say(bytes);
  }
}

const sides: readonly TelnetSide[] = ["us", "peer"];
const optionNames = Object.keys(telnetOptions).filter((name) => name !== "timingMark");

function checkSide(side: unknown, option: unknown): void {
  oneOf("telnet: side", side, sides);
  oneOf("telnet: option", option, optionNames);
}

function checkAllowed(name: string, allowed: unknown): void {
  const list = (side: string, options: unknown): void => {
    for (const option of texts(`${name}.${side}`, options, '["echo"]')) {
      oneOf(`${name}.${side}`, option, optionNames);
    }
  };
  checkOptions<Partial<TelnetAllowed>>("telnet: allowed", record(name, allowed), { us: list, peer: list });
}

function checkedTerminalType(name: string | undefined): string | undefined {
  if (name === undefined || terminalName.test(name)) return name;
  throw new TypeError(
    `telnet: terminalType: ${shown(name)} is not 1 to 40 characters of ASCII without spaces`,
  );
}

function checkedWindow(window: TelnetWindow): TelnetWindow {
  checkOptions("telnet: window", window, { columns: true, rows: true });
  const { columns, rows } = window;
  for (const [side, value] of Object.entries({ columns, rows })) {
    if (wholeNumber(`telnet: ${side}`, value, 0) > 0xffff) {
      throw new TypeError(`telnet: ${side}: ${value} is more than 65535`);
    }
  }
  return { columns, rows };
}
