/** A Unix address as Node and the kernel expect it: an abstract name begins with NUL. */
export function systemPath(path: string): string {
  return path.startsWith("@") ? `\0${path.slice(1)}` : path;
}
