/**
 * One end of a telnet connection: plain data both ways, and option negotiation.
 *
 * Owns the state of the peer, and half a line ending that a chunk boundary may split. Does no I/O: it
 * is a layer, which receives bytes and returns the bytes to send. telnet.ts has the format on the
 * network, agreements.ts the negotiation state.
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

/** The size of a terminal window in characters; 0 if unknown. */
export interface TelnetWindow {
  /** Width in characters, 0 to 65535; 0 is unknown. */
  readonly columns: number;
  /** Height in lines, 0 to 65535; 0 is unknown. */
  readonly rows: number;
}

/** An event of a session, other than data. */
export type TelnetEvent =
  /** Both sides have agreed to enable or disable an option of one side. */
  | {
      readonly type: "optionChanged";
      readonly side: TelnetSide;
      readonly option: TelnetOption;
      readonly on: boolean;
    }
  /** The peer has sent the name of its terminal. */
  | { readonly type: "terminalTypeReceived"; readonly name: string }
  /** The peer has sent the size of its window, initially or after a change. */
  | { readonly type: "windowReceived"; readonly window: TelnetWindow }
  /** A command without parameters, by code: see `telnetCommands`. */
  | { readonly type: "commandReceived"; readonly command: number };

/** Options of `createTelnetSession`. */
export interface TelnetSessionOptions extends TelnetOptions {
  /** Which end this is. */
  readonly role: "client" | "server";
  /**
   * Options that each side may enable; all others are refused. By default both may enable `binary` and
   * `sga`, a server `echo`, and a client `ttype` and `naws`. Our side refuses `ttype` without a
   * `terminalType`, and `naws` without a `window`.
   */
  readonly allowed?: Partial<TelnetAllowed> | undefined;
  /** The name of this side's terminal, such as `xterm`: sent if the peer asks for it. */
  readonly terminalType?: string | undefined;
  /** The size of this side's window: sent if the peer asks for it, and then at each `resize`. */
  readonly window?: TelnetWindow | undefined;
  /** Called for everything except data. */
  readonly onEvent?: ((event: TelnetEvent) => void) | undefined;
}

const defaultAllowed: Readonly<Record<TelnetSessionOptions["role"], TelnetAllowed>> = {
  client: { us: ["binary", "sga", "ttype", "naws"], peer: ["binary", "sga", "echo"] },
  server: { us: ["binary", "sga", "echo"], peer: ["binary", "sga", "ttype", "naws"] },
};

const ttypeIs = 0;
const ttypeSend = 1;
/** The characters and the length of a terminal name (RFC 1091). */
const terminalName = /^[!-~]{1,40}$/;
const aytReply = encodeText("\r\n[yes]\r\n");

/** Creates one end of a telnet connection, for `connection.useLayer` or for bytes from another source. */
export function createTelnetSession(options: TelnetSessionOptions): TelnetSession {
  return new TelnetSession(options);
}

/**
 * One end of a telnet connection.
 *
 * Received data is delivered without telnet's own bytes. Sent data is escaped, so no byte is taken for
 * a command. Text has its own line endings: unless `binary` is agreed for a direction, a sent LF becomes
 * CR LF, and a lone CR becomes CR NUL on the network. A received CR LF stays CR LF. A received CR NUL
 * is a line ending for a server, delivered as CR LF (RFC 1123, section 3.3.1), and a CR for a client.
 * No GA is ever sent.
 *
 * Options are negotiated by the Q method of RFC 1143. `allowed` decides which ones may be enabled.
 * All others are refused, including the process environment (NEW-ENVIRON). After `telnetAnswersMax`
 * replies about one option, further requests for it are ignored.
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
  /** Bytes to send once `open` provides the function that sends them. */
  readonly #unsent: Uint8Array[] = [];
  #send: ((bytes: Uint8Array) => void) | undefined;
  #window: TelnetWindow | undefined;
  /** Whether the received text ended in a CR, so that the next byte decides its meaning. */
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
        send: (verb, option) => {
          this.#sendMessage({ type: "negotiation", verb, option });
        },
        changed: (side, option, on) => {
          this.#changed(side, option, on);
        },
      },
    );
  }

  /**
   * Whether an option of a side is enabled, by agreement of both. It is disabled when that side sends
   * WONT: for `us` at once, for the `peer` when its WONT is received.
   */
  does(side: TelnetSide, option: TelnetOption): boolean {
    checkSide(side, option);
    return this.#agreements.does(side, option);
  }

  /**
   * Asks the peer to enable or disable an option of a side. The `optionChanged` event reports a change.
   * A refusal changes nothing and causes no event.
   *
   * @param on `true` asks to enable it, `false` to disable it. Default: `true`.
   */
  ask(side: TelnetSide, option: TelnetOption, on: boolean = true): void {
    checkSide(side, option);
    flag("telnet: on", on);
    this.#agreements.ask(side, option, on);
  }

  /** Sets the size of this side's window, and sends it if `naws` is enabled. */
  resize(window: TelnetWindow): void {
    this.#window = checkedWindow(window);
    if (this.does("us", "naws")) this.#sendWindow(this.#window);
  }

  /** Sends a command without parameters, by code. @throws {TypeError} for any other code. */
  command(command: number): void {
    this.#sendMessage({ type: "command", command });
  }

  // ── Layer ──

  /** Called by the connection: `send` is the function that sends bytes of the protocol. */
  open(send: (bytes: Uint8Array) => void): void {
    callback("telnet: send", send);
    this.#send = send;
    for (const unsent of this.#unsent.splice(0)) send(unsent);
  }

  /**
   * Delivers the data in a received chunk, without commands and escapes, and answers negotiations.
   *
   * @throws {CodecError} if the peer violates the protocol.
   */
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
      } else this.#handle(message);
    }
  }

  /** The bytes to send for this data, escaped. */
  send(data: Uint8Array): Uint8Array {
    byteArray("telnet: data", data);
    if (this.does("us", "binary")) return escapeIac(data);
    const text = escapeText(data, this.#sentCr);
    this.#sentCr = endsInCr(data, this.#sentCr);
    return escapeIac(text);
  }

  /** The bytes to send before the sending side ends: the rest of a CR at the end of the data. */
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

  #handle(message: Exclude<TelnetMessage, { type: "data" }>): void {
    switch (message.type) {
      case "negotiation":
        if (message.option === telnetOptions.timingMark && message.verb === "do") this.#replyToTimingMark();
        else this.#agreements.receive(message.verb, message.option);
        break;
      case "subnegotiation":
        this.#handleSubnegotiation(message.option, message.bytes);
        break;
      case "command":
        this.#onEvent?.({ type: "commandReceived", command: message.command });
        if (message.command === telnetCommands.ayt) this.#replyToAyt();
    }
  }

  /**
   * Replies to a timing mark, which is a question and not a state (RFC 860). A client discards output until the reply
   * arrives. A server (telnetd) uses it to find out whether its client edits lines without LINEMODE, and then expects
   * whole lines. So a client refuses, as RFC 860 allows, and can send single keys.
   */
  #replyToTimingMark(): void {
    if (!this.#agreements.mayReplyTo("timing mark")) return;
    const verb = this.#role === "server" ? "will" : "wont";
    this.#sendMessage({ type: "negotiation", verb, option: telnetOptions.timingMark });
  }

  /** Only a server replies: a client's reply would be read as typed text. */
  #replyToAyt(): void {
    if (this.#role === "server" && this.#agreements.mayReplyTo("are you there")) this.#sendBytes(aytReply);
  }

  #changed(side: TelnetSide, option: TelnetOption, on: boolean): void {
    if (option === "binary" && side === "us") this.#sentCr = false;
    if (option === "binary" && side === "peer") this.#receivedCr = false;
    this.#onEvent?.({ type: "optionChanged", side, option, on });
    if (!on) return;
    if (option === "naws" && side === "us" && this.#window !== undefined) this.#sendWindow(this.#window);
    if (option === "ttype" && side === "peer") this.#sendSubnegotiation("ttype", Uint8Array.of(ttypeSend));
  }

  /** Handles a subnegotiation. One about a disabled option, or in another form, is ignored. */
  #handleSubnegotiation(option: number, bytes: Uint8Array): void {
    if (option === telnetOptions.ttype && bytes[0] === ttypeSend && this.does("us", "ttype")) {
      if (!this.#agreements.mayReplyTo("terminal type")) return;
      this.#sendSubnegotiation("ttype", encodeText(`\0${this.#terminalType}`));
    } else if (option === telnetOptions.ttype && bytes[0] === ttypeIs && this.does("peer", "ttype")) {
      const name = decodeText(bytes, 1);
      if (terminalName.test(name)) this.#onEvent?.({ type: "terminalTypeReceived", name });
    } else if (option === telnetOptions.naws && bytes.length === 4 && this.does("peer", "naws")) {
      const [a = 0, b = 0, c = 0, d = 0] = bytes;
      this.#onEvent?.({ type: "windowReceived", window: { columns: a * 256 + b, rows: c * 256 + d } });
    }
  }

  #sendWindow({ columns, rows }: TelnetWindow): void {
    this.#sendSubnegotiation("naws", Uint8Array.of(columns >> 8, columns & 0xff, rows >> 8, rows & 0xff));
  }

  #sendSubnegotiation(option: TelnetOption, bytes: Uint8Array): void {
    this.#sendMessage({ type: "subnegotiation", option: telnetOptions[option], bytes });
  }

  #sendMessage(message: TelnetMessage): void {
    this.#sendBytes(this.#codec.encode(message));
  }

  #sendBytes(bytes: Uint8Array): void {
    if (this.#send === undefined) this.#unsent.push(bytes);
    else this.#send(bytes);
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
