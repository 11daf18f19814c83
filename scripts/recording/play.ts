/**
 * Plays the script on real terminals, and keeps what they show after each key.
 *
 * The script decides how long a frame is shown; the programs' own times are not recorded.
 */
import { openTerminal, type RealTerminal } from "../../test/cli/support/tmux.ts";
import { freePort } from "../../test/support/free-port.ts";
import { columns, panes, ports, rows, steps, type Pane } from "./script.ts";

/** One frame: what the terminals show for some time. */
export interface Frame {
  readonly holdMs: number;
  /** What each terminal shows, with its colours, and where the typing happens. */
  readonly screens: Readonly<Record<Pane, string>>;
  readonly typing?: Pane | undefined;
}

const keyMs = 35;

/** Ends what has been started; a test's context is one. */
export interface Cleaner {
  after(end: () => unknown): unknown;
}

/** Resolves to all frames, in order. */
export async function play(cleaner: Cleaner): Promise<Frame[]> {
  // With the same number of digits, so that nothing moves.
  const taken = await Promise.all(
    ports.map((_, index) => freePort(5_000 + 2_500 * index, 7_500 + 2_500 * index)),
  );
  const terminals = {} as Record<Pane, RealTerminal>;
  for (const pane of panes) {
    terminals[pane] = await openTerminal(cleaner, { columns, rows: rows[pane] }, { NO_COLOR: undefined });
  }
  const shown = async (pane: Pane): Promise<string> =>
    withPorts(await terminals[pane].colouredText(), taken, ports);

  const frames: Frame[] = [];
  const screens = {} as Record<Pane, string>;
  for (const pane of panes) screens[pane] = await shown(pane);
  const keep = (holdMs: number, typing?: Pane): void => {
    frames.push({ holdMs, screens: { ...screens }, typing });
  };

  for (const { on, does, until, holdMs } of steps) {
    const terminal = terminals[on];
    if ("types" in does) {
      // A letter at a time, but a port at once: half a port could not be replaced by the one of the script.
      let typed = "";
      for (const keys of withPorts(does.types, ports, taken).match(/\s*(?:\d{4}|\S)/g) ?? []) {
        await terminal.type(keys);
        typed += keys;
        await terminal.shows(new RegExp(`${literally(typed)}\\s*$`));
        screens[on] = await shown(on);
        keep(keyMs * keys.length, on);
      }
    }
    await terminal.press("types" in does ? "Enter" : does.presses);
    for (const pane of panes) {
      if (until[pane] === undefined) continue;
      await terminals[pane].shows(until[pane]);
      screens[pane] = await shown(pane);
    }
    keep(holdMs);
  }
  return frames;
}

/** A text with these ports replaced by others. */
function withPorts(text: string, from: readonly string[], to: readonly string[]): string {
  return from.reduce(
    (all, port, index) => all.replaceAll(new RegExp(`\\b${port}\\b`, "g"), to[index] as string),
    text,
  );
}

/** A pattern that matches a text literally. */
function literally(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
