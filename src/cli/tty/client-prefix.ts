/**
 * The number of a client, as it stands before what the client says.
 */

import { painted } from "./colours.ts";

/** Six that can be told apart on a dark and on a light ground, and none that means an error. */
const colours = [36, 33, 32, 35, 34, 96];

/** `[3] `, in the client's colour where there are any. */
export function clientPrefix(number: number, coloured: boolean): string {
  const lead = `[${number}]`;
  const colour = colours[(number - 1) % colours.length] as number;
  return `${coloured ? painted(lead, colour) : lead} `;
}
