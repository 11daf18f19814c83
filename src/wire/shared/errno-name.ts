/**
 * The system's names for its numbers, as in `ECONNRESET` for 104.
 */
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";

/** Of Linux: numbers that Node has no name for, in either of its lists. */
const namesOfLinux: Readonly<Record<number, string>> = { 55: "ENOANO", 96: "EPFNOSUPPORT" };

/** The name of an errno, below 0 or above; `ERRNO_133` where nothing here has one. */
export function errnoName(errno: number): string {
  const number = Math.abs(errno);
  const name = getSystemErrorName(-number);
  // libuv, whose list that is, does not know them all.
  if (!name.startsWith("Unknown")) return name;
  const [found] = Object.entries(constants.errno).find(([, value]) => value === number) ?? [];
  return found ?? namesOfLinux[number] ?? `ERRNO_${number}`;
}
