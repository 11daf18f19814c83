/**
 * What a terminal shows, taken apart: rows of pieces, each with its look.
 *
 * It knows what `tmux capture-pane -e` writes (SGR sequences and text) and how Portcall colours; anything else is an
 * error, so that nothing is lost on the way to the picture.
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

/** The rows of a capture; a look goes on from one row into the next. */
export function rowsOf(capture: string): Piece[][] {
  let look: Look = {};
  return capture.split("\n").map((line) => {
    // Each part but the first begins behind an ESC.
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

/** The look behind an SGR sequence. */
function after(look: Look, sequence: string): Look {
  return sequence.split(";").reduce<Look>((present, word) => {
    const code = Number(word);
    if (code === 0) return {};
    if (code === 1) return { ...present, bold: true };
    if (code === 2) return { ...present, dim: true };
    if (code === 22) return present.colour === undefined ? {} : { colour: present.colour };
    if (code >= 30 && code <= 37) return { ...present, colour: code - 30 };
    if (code === 49) return present; // no ground of its own, and none has one
    if (code === 39) {
      const { colour: _, ...rest } = present;
      return rest;
    }
    throw new Error(`cannot draw a look of SGR ${sequence}`);
  }, look);
}
