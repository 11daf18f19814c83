/**
 * What a descriptor is that this process was handed, as far as Node and /proc can tell.
 */
import { fstatSync, readFileSync } from "node:fs";
import { unixAddress, type UnixAddress } from "../../base/address/address.ts";
import { WireError } from "../wire-error.ts";
import { systemCode } from "../shared/system-code.ts";

/** @throws {WireError} for what is not open, or is no socket: Node would say EINVAL of both. */
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

/** The path of a Unix socket, which Node does not tell of one that it has not bound; empty where /proc does not either. */
export function unixAddressOf(fd: number): UnixAddress {
  return unixAddress(pathOfInode(fstatSync(fd).ino));
}

/** A line is `Num RefCount Protocol Flags Type St Inode Path`; abstract names begin with `@` there too. */
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
