/**
 * A project's portcall.json is read only if no one but the user and root can have written it.
 */
import assert from "node:assert/strict";
import { chmod, chown, mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { findFiles } from "../../src/cli/config/files.ts";
import { cannotRun, unless } from "../failures/support/needs.ts";
import { commandPath, portcall, start } from "../support/command.ts";
import { temporaryFolder } from "../support/folder.ts";

const isRoot = process.getuid?.() === 0;
const notRoot = isRoot ? undefined : "this needs root, to give a file away";
const noUsers = process.getuid === undefined ? "this system has no users with numbers" : undefined;

/** A user without files, as whom root can run the command. */
const stranger = 65_534;
const asStranger = ["setpriv", `--reuid=${stranger}`, `--regid=${stranger}`, "--clear-groups"] as const;
const noStranger =
  notRoot ??
  cannotRun(
    "this needs another user who can run node",
    ...asStranger,
    process.execPath,
    commandPath,
    "--version",
  );

/** A folder of the user's own in /tmp, which every user can write to: that is no reason to refuse it. */
async function project(t: TestContext): Promise<{ readonly folder: string; readonly file: string }> {
  const top = temporaryFolder(t);
  const folder = join(top, "above/here");
  await mkdir(folder, { recursive: true });
  const file = join(folder, "portcall.json");
  await writeFile(file, JSON.stringify({ connect: { timeout: "1s" } }), { mode: 0o644 });
  // Whatever the umask is here.
  for (const path of [file, folder, dirname(folder)]) await chmod(path, path === file ? 0o644 : 0o755);
  return { folder, file };
}

/** The line that reports why a project's file is not read; `undefined` if it is read. */
function refusalIn(folder: string, environment: Record<string, string> = {}): string | undefined {
  const { files, refused } = findFiles({ XDG_CONFIG_HOME: "/nowhere", ...environment }, folder);
  assert.equal(files.length + refused.length, 1);
  return refused[0];
}

describe("a project's file", () => {
  test("is read if no one else can write there", async (t) => {
    const { folder } = await project(t);
    assert.equal(refusalIn(folder), undefined);
    const below = join(folder, "a/b");
    await mkdir(below, { recursive: true });
    // A subfolder gives no access to the file.
    await chmod(below, 0o777);
    assert.equal(refusalIn(below), undefined);
  });

  test("is not followed where it is a symbolic link", async (t) => {
    const { folder, file } = await project(t);
    await rename(file, join(folder, "real.json"));
    await symlink("real.json", file);
    assert.match(String(refusalIn(folder)), /portcall\.json is not read: it is a symbolic link/);
    const child = portcall(t, ["connect", "127.0.0.1:1"], { cwd: folder });
    assert.equal(await child.code(), 11);
    assert.match(
      child.stderr,
      /^portcall: \/.*\/here\/portcall\.json is not read: it is a symbolic link.*; set PORTCALL_CONFIG to its path to read it anyway, or to an empty value to read no file\n/,
    );
    const named = portcall(t, ["connect", "127.0.0.1:1"], { cwd: folder, env: { PORTCALL_CONFIG: file } });
    assert.equal(await named.code(), 11);
    assert.doesNotMatch(named.stderr, /not read/);
  });

  const modes: readonly (readonly [what: "file" | "folder" | "above", mode: number, says: RegExp])[] = [
    ["file", 0o666, /every user can write to it \(mode 0666\): chmod go-w \/.*portcall\.json;/],
    ["file", 0o646, /every user can write to it \(mode 0646\)/],
    ["folder", 0o777, /every user can write to the folder \/.*here \(mode 0777\): chmod go-w \/.*here;/],
    ["folder", 0o1777, /every user can add files to the folder \/.*here: move it to one of your own/],
    ["above", 0o757, /every user can write to the folder \/.*above \(mode 0757\)/],
  ];
  for (const [what, mode, says] of modes) {
    test(`is not read where its ${what} has mode ${mode.toString(8)}`, unless(noUsers), async (t) => {
      const { folder, file } = await project(t);
      await chmod({ file, folder, above: dirname(folder) }[what], mode);
      assert.match(String(refusalIn(folder)), says);
    });
  }

  test("is read in a folder of the user's own, wherever that is", unless(noUsers), async (t) => {
    const { folder } = await project(t);
    await chmod(dirname(folder), 0o1777);
    assert.equal(refusalIn(folder), undefined);
  });

  test("is read where a group can write that has no other member", unless(notRoot), async (t) => {
    const { folder, file } = await project(t);
    for (const path of [file, folder]) {
      await chown(path, 0, 0);
      await chmod(path, path === file ? 0o664 : 0o775);
    }
    assert.equal(refusalIn(folder), undefined);
    // The group has no user of its own, so its members cannot be known.
    for (const gid of [stranger, 4_000_000]) {
      await chown(file, 0, gid);
      assert.match(
        String(refusalIn(folder)),
        new RegExp(`the group ${gid} can write to it \\(mode 0664\\): chmod g-w `),
      );
    }
  });

  test("is not read where it, its folder or one above is another user's", unless(notRoot), async (t) => {
    for (const what of ["file", "folder", "above"] as const) {
      const { folder, file } = await project(t);
      await chown({ file, folder, above: dirname(folder) }[what], 12_345, 12_345);
      assert.match(String(refusalIn(folder)), / belongs to another user \(uid 12345\)/);
      // As in git, the project belongs to the user who called sudo.
      assert.equal(refusalIn(folder, { SUDO_UID: "12345" }), undefined);
      assert.match(String(refusalIn(folder, { SUDO_UID: "12346" })), /uid 12345/);
      const doctor = portcall(t, ["doctor"], { cwd: folder });
      assert.equal(await doctor.code(), 0, doctor.stdout);
      assert.match(doctor.stdout, /^note +configuration +\/.*portcall\.json is not read: .*uid 12345/m);
      assert.doesNotMatch(doctor.stderr, /not read/);
    }
  });

  test("prints nothing about a file that it may not read", unless(noStranger), async (t) => {
    const { folder, file } = await project(t);
    await chmod(file, 0o600);
    await chmod(dirname(dirname(folder)), 0o755);
    const child = start(
      t,
      asStranger[0],
      [...asStranger.slice(1), ...[process.execPath, commandPath, "connect", "127.0.0.1:1"]],
      { cwd: folder },
    );
    assert.equal(await child.code(), 11);
    assert.doesNotMatch(child.stderr, /portcall\.json/);
  });

  test("of root is read by other users, and of another user is not", unless(noStranger), async (t) => {
    const { folder, file } = await project(t);
    await chmod(dirname(dirname(folder)), 0o755);
    const run = async (env: Record<string, string> = {}): Promise<string> => {
      const words = [...asStranger.slice(1), process.execPath, commandPath, "connect", "-v", "127.0.0.1:1"];
      const child = start(t, asStranger[0], words, { cwd: folder, env });
      assert.equal(await child.code(), 11);
      return child.stderr;
    };
    assert.doesNotMatch(await run(), /not read/);
    await chown(file, 12_345, 12_345);
    assert.match(await run(), /^portcall: .* is not read: it belongs to another user \(uid 12345\)/);
    // Only sudo, which runs as root, sets the calling user.
    assert.match(await run({ SUDO_UID: "12345" }), /is not read/);
    await chown(file, stranger, stranger);
    assert.doesNotMatch(await run(), /not read/);
  });
});
