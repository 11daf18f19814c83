/**
 * The number of a client, shown before the client's lines.
 */

import { painted } from "./colours.ts";

/** Six colours that are distinct on dark and light backgrounds and do not suggest an error. */
const colours = [36, 33, 32, 35, 34, 96];

/** `[3] `, in the client's colour if colours are on. */
export function clientPrefix(number: number, coloured: boolean): string {
  const lead = `[${number}]`;
  const colour = colours[(number - 1) % colours.length] as number;
  return `${coloured ? painted(lead, colour) : lead} `;
}
