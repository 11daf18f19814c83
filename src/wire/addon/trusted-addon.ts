/**
 * Whether the addon may be loaded: only if every user who could have written it can also write the code that loads
 * it.
 *
 * A bundle may be below a folder in which every user can create files, such as /tmp. There, /tmp/node_modules or
 * /tmp/package.json may belong to another user. A bundle needs nothing outside of itself, so Node would not look
 * there. The addon must not add that risk.
 */
import { lstatSync, realpathSync, type Stats } from "node:fs";
import { dirname } from "node:path";

const othersWrite = 0o002;
const isSticky = 0o1000;

/**
 * Why the addon must not be loaded; `undefined` if it may be.
 *
 * @param code the file that loads it. Its owner is trusted, since this process already runs that code.
 */
export function whyNotTrusted(addon: string, code: string): string | undefined {
  const { process } = globalThis as { readonly process?: Pick<NodeJS.Process, "getuid"> };
  const uid = process?.getuid?.();
  if (uid === undefined) return undefined;
  const asker = realpathSync(code);
  const askers = [look(asker), look(dirname(asker))];
  const trusted = [0, uid, askers[0]?.uid];
  // A file system without modes, such as a Windows disk, shows everything as writable by every user.
  const isOpen = askers.some((stat) => stat !== undefined && isOpenToAll(stat));
  // A user who can write to a folder above both could replace the code itself.
  for (let path = realpathSync(addon); !isAbove(path, asker); path = dirname(path)) {
    const stat = look(path);
    if (stat === undefined) continue;
    if (!trusted.includes(stat.uid)) return `${path} belongs to another user (uid ${stat.uid})`;
    if (isOpenToAll(stat) && !isOpen) return `every user can write to ${path}`;
  }
  return undefined;
}

function isAbove(folder: string, path: string): boolean {
  return folder === dirname(folder) || path.startsWith(`${folder}/`);
}

/** In a folder with the sticky bit other users can add files, but not replace existing ones. */
function isOpenToAll({ mode }: Stats): boolean {
  return (mode & othersWrite) !== 0 && (mode & isSticky) === 0;
}

/** `undefined` if Node's permission model hides a folder, which is this process's own choice. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED") return undefined;
    throw error;
  }
}
