/**
 * A program's stderr, as lines of our own.
 */
import { StringDecoder } from "node:string_decoder";

/** A line is cut after this many characters, because a program could print one without end. */
const lineCharactersMax = 1_000;

/**
 * Calls `say` for each line of the stream; the last line may lack its ending. Resolves at the stream's end, and never
 * rejects.
 */
export async function sayLines(
  stream: AsyncIterable<Uint8Array>,
  say: (line: string) => void,
): Promise<void> {
  const decoder = new StringDecoder("utf8");
  let text = "";
  const sayWhole = (): void => {
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    while (text.length > lineCharactersMax) {
      lines.push(text.slice(0, lineCharactersMax));
      text = text.slice(lineCharactersMax);
    }
    for (const line of lines) say(line.replace(/\r$/, ""));
  };
  try {
    for await (const chunk of stream) {
      text += decoder.write(chunk);
      sayWhole();
    }
  } catch {
    // The program has ended; its exit shows how.
  }
  text += decoder.end();
  if (text !== "") say(text);
}
