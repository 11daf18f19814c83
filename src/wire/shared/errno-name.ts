/**
 * The system's names of error numbers, as in `ECONNRESET` for 104.
 */
import { constants } from "node:os";
import { getSystemErrorName } from "node:util";

/** Linux numbers that Node has no name for, in either of its lists. */
const namesOfLinux: Readonly<Record<number, string>> = { 55: "ENOANO", 96: "EPFNOSUPPORT" };

/** The name of an errno, positive or negative; `ERRNO_133` if the number has no known name. */
export function errnoName(errno: number): string {
  const number = Math.abs(errno);
  const name = getSystemErrorName(-number);
  // Node's list is libuv's, which is incomplete.
  if (!name.startsWith("Unknown")) return name;
  const [found] = Object.entries(constants.errno).find(([, value]) => value === number) ?? [];
  return found ?? namesOfLinux[number] ?? `ERRNO_${number}`;
}
