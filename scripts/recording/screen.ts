/**
 * Parses the screen of a terminal into rows of styled pieces.
 *
 * It accepts the output of `tmux capture-pane -e` (SGR sequences and text) with Portcall's colours. Anything else is an
 * error, so that the picture is complete.
 */

/** How text is shown; its colour is one of the eight. */
export interface Look {
  readonly colour?: number;
  readonly bold?: boolean;
  readonly dim?: boolean;
}

export interface Piece {
  readonly text: string;
  readonly look: Look;
}

/** The rows of a capture; a style continues from one row into the next. */
export function rowsOf(capture: string): Piece[][] {
  let look: Look = {};
  return capture.split("\n").map((line) => {
    // Each part but the first follows an ESC.
    const pieces = line.split("\u001b").map((part, index): Piece => {
      const [, sequence, text] =
        (index === 0 ? /^()(\P{Cc}*)$/u : /^\[([\d;]*)m(\P{Cc}*)$/u).exec(part) ?? [];
      if (sequence === undefined || text === undefined)
        throw new Error(`cannot draw ${JSON.stringify(line)}`);
      if (index > 0) look = after(look, sequence);
      return { text, look };
    });
    return pieces.filter(({ text }) => text !== "");
  });
}

/** The style after an SGR sequence. */
function after(look: Look, sequence: string): Look {
  return sequence.split(";").reduce<Look>((present, word) => {
    const code = Number(word);
    if (code === 0) return {};
    if (code === 1) return { ...present, bold: true };
    if (code === 2) return { ...present, dim: true };
    if (code === 22) return present.colour === undefined ? {} : { colour: present.colour };
    if (code >= 30 && code <= 37) return { ...present, colour: code - 30 };
    if (code === 49) return present; // the default background, and no piece has another
    if (code === 39) {
      const { colour: _, ...rest } = present;
      return rest;
    }
    throw new Error(`cannot draw a look of SGR ${sequence}`);
  }, look);
}
