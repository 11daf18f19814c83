/**
 * Identifies an inherited descriptor, as far as Node and /proc can tell.
 */
import { fstatSync, readFileSync } from "node:fs";
import { unixAddress, type UnixAddress } from "../../base/address/address.ts";
import { WireError } from "../wire-error.ts";
import { systemCode } from "../shared/system-code.ts";

/** @throws {WireError} if it is not open, or not a socket. Node would report EINVAL for both. */
export function requireSocket(fd: number): void {
  if (!statOf(fd).isSocket()) throw new WireError("ENOTSOCK", "listen");
}

function statOf(fd: number): ReturnType<typeof fstatSync> {
  try {
    return fstatSync(fd);
  } catch (error) {
    throw new WireError(systemCode(error), "listen", error);
  }
}

/** The path of a Unix socket. Node does not report it for an inherited socket, so it comes from /proc; empty if unknown. */
export function unixAddressOf(fd: number): UnixAddress {
  return unixAddress(pathOfInode(fstatSync(fd).ino));
}

/** A line is `Num RefCount Protocol Flags Type St Inode Path`. Abstract names begin with `@` there, too. */
function pathOfInode(inode: number): string {
  try {
    const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
    const line = lines
      .map((one) => /^(?:\S+ +){6}(\d+) (.*)$/.exec(one))
      .find((one) => one?.[1] === String(inode));
    return line?.[2] ?? "";
  } catch {
    return "";
  }
}
