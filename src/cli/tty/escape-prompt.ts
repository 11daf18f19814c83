/**
 * The `^]` key and the prompt that it opens. Every other key goes to the peer.
 *
 *     ^] ──▶ portcall> quit        ends
 *            portcall> ^]          sends ^] itself
 *            portcall> (Enter)     continues
 *
 * Values in, calls out: keys.ts owns the terminal and supplies the keys.
 */
import { quote } from "../../base/text/quote.ts";
import { choices } from "../../base/text/suggest.ts";

/** Ctrl-], the escape key of telnet. */
const escape = 0x1d;

export interface PromptEvents {
  send(keys: Uint8Array): void;
  /** Shows text with CR LF line breaks. */
  show(text: string): void;
  /** The prompt has opened, so output of the peer must wait. */
  opened(): void;
  closed(): void;
}

/** A command of the prompt. `run` gets the words after its name, and returns an error text if they are invalid. */
export interface PromptCommand {
  readonly form: string;
  readonly brief: string;
  readonly run: (words: readonly string[]) => string | void;
}

export type PromptCommands = Readonly<Record<string, PromptCommand>>;

const prompt = "portcall> ";

export class EscapePrompt {
  readonly #commands: PromptCommands;
  readonly #events: PromptEvents;
  /** The text typed at the prompt; `undefined` while it is closed. */
  #line: string | undefined;

  constructor(commands: PromptCommands, events: PromptEvents) {
    this.#commands = commands;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#line !== undefined;
  }

  /** Closes the prompt if it is open, and discards its text. */
  cancel(): void {
    if (this.#line !== undefined) this.#close();
  }

  /** Handles typed keys, any number at once. */
  keys(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#line === undefined ? this.#pass(rest) : this.#edit(this.#line, rest);
  }

  /** Sends the bytes before the first escape key; returns the bytes after it. */
  #pass(keys: Uint8Array): Uint8Array {
    const end = keys.indexOf(escape);
    if (end === -1) {
      this.#events.send(keys);
      return keys.subarray(keys.length);
    }
    if (end > 0) this.#events.send(keys.subarray(0, end));
    this.#events.opened();
    this.#events.show(`\r\n${prompt}`);
    this.#line = "";
    return keys.subarray(end + 1);
  }

  #edit(line: string, keys: Uint8Array): Uint8Array {
    const key = String.fromCharCode(keys[0] as number);
    switch (key) {
      case "\x1d":
        this.#close();
        this.#events.send(keys.subarray(0, 1));
        break;
      case "\r":
      case "\n":
        this.#follow(line.trim());
        break;
      case "\x03":
      case "\x04":
        this.#close();
        break;
      case "\x7f":
      case "\b":
        this.#replace(line, line.slice(0, -1));
        break;
      case "\x15":
        this.#replace(line, "");
        break;
      default:
        // Commands are ASCII.
        if (/^[ -~]$/.test(key)) {
          this.#line = line + key;
          this.#events.show(key);
        }
    }
    return keys.subarray(1);
  }

  #replace(line: string, shorter: string): void {
    this.#line = shorter;
    this.#events.show("\b \b".repeat(line.length - shorter.length));
  }

  #follow(line: string): void {
    if (line === "") {
      this.#close();
      return;
    }
    const [typed = "", ...words] = line.split(/\s+/);
    const found = Object.keys(this.#commands).filter((name) => name.startsWith(typed));
    if (typed === "help" || typed === "?") {
      this.#again(this.#help());
      return;
    }
    const [name, ...more] = found.includes(typed) ? [typed] : found;
    const command = name !== undefined && more.length === 0 ? this.#commands[name] : undefined;
    if (command === undefined) {
      const names = [...Object.keys(this.#commands), "help"];
      this.#again([`there is no command ${quote(typed)}${choices(typed, names)}`]);
      return;
    }
    // Close the prompt first, so that the command's output comes after it.
    this.#close();
    const wrong = command.run(words);
    if (typeof wrong === "string") this.#events.show(`${wrong}\r\n`);
  }

  #again(lines: readonly string[]): void {
    this.#line = "";
    this.#events.show(`\r\n${lines.join("\r\n")}\r\n${prompt}`);
  }

  #help(): string[] {
    const rows = [
      ...Object.values(this.#commands).map(({ form, brief }) => [form, brief]),
      ["^]", "send ^] to the peer"],
      ["Enter", "continue"],
    ];
    return rows.map(([form = "", brief = ""]) => `${form.padEnd(14)}${brief}`);
  }

  #close(): void {
    this.#line = undefined;
    this.#events.show("\r\n");
    this.#events.closed();
  }
}
