/**
 * Whether a project's file may be read: only if no one but the user and root can have written it.
 *
 * The rules are those of sshd for its own files (StrictModes of sshd_config(5)). The file, its folder and every
 * folder above belong to the user or to root, and no one else can write to them. A group that has no other member
 * counts as the user alone, as on systems with the umask 002. The reasons are in docs/decisions/project-files.md.
 */
import { lstatSync, readFileSync, realpathSync, type Stats } from "node:fs";
import { dirname } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** The user ids that are trusted; `undefined` on a system without user ids. */
type Trusted = readonly number[] | undefined;

const groupWrites = 0o020;
const othersWrite = 0o002;
const isSticky = 0o1000;

/**
 * Why the open file is not trusted, and what to do about it; `undefined` if it is trusted.
 *
 * @param stat of the open file, because its path may lead to another file by now.
 */
export function whyNotTrusted(path: string, stat: Stats, environment: Environment): string | undefined {
  const trusted = trustedUsers(environment);
  if (trusted === undefined) return undefined;
  return whyNot("it", path, stat, trusted) ?? whyNotFolder(realpathSync(dirname(path)), trusted, false);
}

/**
 * The same for a folder and all folders above it. In a folder with the sticky bit, such as /tmp, any user can add a
 * file, so no file there is trusted. A subfolder is, if its owner is: no one else can replace it.
 */
function whyNotFolder(folder: string, trusted: readonly number[], mayBeSticky: boolean): string | undefined {
  const stat = lstatSync(folder);
  const above = dirname(folder);
  const others = groupWrites | othersWrite;
  const isShared = (stat.mode & isSticky) !== 0 && (stat.mode & others) !== 0 && trusted.includes(stat.uid);
  if (isShared && !mayBeSticky)
    return `every user can add files to the folder ${folder}: move it to one of your own`;
  const why = isShared ? undefined : whyNot(`the folder ${folder}`, folder, stat, trusted);
  return why ?? (above === folder ? undefined : whyNotFolder(above, trusted, true));
}

function whyNot(what: string, path: string, stat: Stats, trusted: readonly number[]): string | undefined {
  const { uid, gid, mode } = stat;
  if (!trusted.includes(uid)) return `${what} belongs to another user (uid ${uid})`;
  const others = (mode & othersWrite) !== 0;
  const group = (mode & groupWrites) !== 0 && !hasOnly(trusted, gid);
  if (!others && !group) return undefined;
  const who = others ? "every user" : `the group ${gid}`;
  const octal = (mode & 0o7777).toString(8).padStart(4, "0");
  return `${who} can write to ${what} (mode ${octal}): chmod ${others ? "go" : "g"}-w ${path}`;
}

/** Under sudo, the calling user is trusted too: the project is theirs. */
function trustedUsers(environment: Environment): Trusted {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  const caller = uid === 0 ? Number(environment["SUDO_UID"] ?? 0) : uid;
  return [0, uid, ...(Number.isSafeInteger(caller) ? [caller] : [])];
}

/** Whether all members of a group are trusted. A group that the local files do not list is not. */
function hasOnly(trusted: readonly number[], gid: number): boolean {
  const users = rowsOf("/etc/passwd").map(([name = "", , uid, group]) => ({
    name,
    uid: Number(uid),
    gid: Number(group),
  }));
  const group = rowsOf("/etc/group").find(([, , number]) => Number(number) === gid);
  if (group === undefined) return false;
  const members = (group[3] ?? "").split(",").filter((name) => name !== "");
  const uids = [
    ...users.filter((user) => user.gid === gid).map((user) => user.uid),
    ...members.map((name) => users.find((user) => user.name === name)?.uid),
  ];
  return uids.every((uid) => uid !== undefined && trusted.includes(uid));
}

/** The rows of a system table (passwd(5), group(5)); none if it cannot be read. */
function rowsOf(path: string): string[][] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
}
