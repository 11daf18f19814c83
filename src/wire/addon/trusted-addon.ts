/**
 * Whether the addon may be loaded: only if nobody can have written it who cannot write the code that asks for it.
 *
 * A bundle may lie below a folder in which every user can make files, such as /tmp. There, /tmp/node_modules or
 * /tmp/package.json may be another user's. A bundle needs nothing outside of itself, so Node would not look there, and
 * the addon must not open that door.
 */
import { lstatSync, realpathSync, type Stats } from "node:fs";
import { dirname } from "node:path";

const othersWrite = 0o002;
const isSticky = 0o1000;

/**
 * Why the addon is not to be loaded; `undefined` if it may be.
 *
 * @param code the file that asks for it. Its owner is trusted: this process runs it already.
 */
export function whyNotTrusted(addon: string, code: string): string | undefined {
  const { process } = globalThis as { readonly process?: Pick<NodeJS.Process, "getuid"> };
  const uid = process?.getuid?.();
  if (uid === undefined) return undefined;
  const asker = realpathSync(code);
  const askers = [look(asker), look(dirname(asker))];
  const trusted = [0, uid, askers[0]?.uid];
  // A file system without modes, such as a disk of Windows, shows everything as open to every user.
  const isOpen = askers.some((stat) => stat !== undefined && isOpenToAll(stat));
  // Whoever can write to a folder above both could replace the code itself.
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

/** In a folder with the sticky bit others can add files, but not replace those that are there. */
function isOpenToAll({ mode }: Stats): boolean {
  return (mode & othersWrite) !== 0 && (mode & isSticky) === 0;
}

/** `undefined` where Node's permission model hides a folder, which is this process's own choice. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED") return undefined;
    throw error;
  }
}
