/**
 * A bundle loads native code only from users who could have written the bundle.
 */
import assert from "node:assert/strict";
import { chmodSync, cpSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { notLinux, unless } from "../failures/support/needs.ts";
import { temporaryFolder } from "../support/folder.ts";

const notRoot = process.getuid?.() === 0 ? undefined : "this needs root, to have two users";
const stranger = 12_345;

interface Found {
  readonly file?: string;
  readonly whyNot?: string;
}

interface Folder {
  /** Every user can create files in it, as in /tmp. */
  readonly shared: string;
  /** What the code in shared/victim finds. */
  readonly find: () => Promise<Found>;
  /** Creates a file and the folders above it, below `shared`, all with this owner. */
  readonly write: (path: string, content: string, owner: number) => void;
}

function folder(t: TestContext): Folder {
  const shared = temporaryFolder(t);
  chmodSync(shared, 0o1777);
  const code = join(shared, "victim/src/wire/addon");
  mkdirSync(code, { recursive: true });
  const compiled = join(import.meta.dirname, "../../src/wire/addon");
  for (const name of ["find-addon.js", "trusted-addon.js"]) cpSync(join(compiled, name), join(code, name));
  writeFileSync(join(shared, "victim/package.json"), `{ "type": "module" }`);
  return {
    shared,
    async find() {
      const module = (await import(pathToFileURL(join(code, "find-addon.js")).href)) as {
        findAddon: (system: string, program: string | undefined) => Found;
      };
      return module.findAddon("linux-x64", undefined);
    },
    write(path, content, owner) {
      const file = join(shared, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      for (let at = file; at !== shared; at = dirname(at)) lchownSync(at, owner, owner);
    },
  };
}

const prebuilt = "node_modules/portcall/prebuilt/linux-x64/portcall.node";

function install({ write }: Folder, owner: number): void {
  // The code of a checkout has no version.
  write("node_modules/portcall/package.json", `{ "name": "portcall" }`, owner);
  write(prebuilt, "", owner);
}

describe("a bundle", unless(notLinux, notRoot), () => {
  test("loads the addon of an installed package of its own user's", async (t) => {
    const here = folder(t);
    install(here, 0);
    assert.deepEqual(await here.find(), { file: join(here.shared, prebuilt) });
  });

  test("loads none that another user has put above it", async (t) => {
    const here = folder(t);
    install(here, stranger);
    const { file, whyNot = "" } = await here.find();
    assert.equal(file, undefined);
    assert.match(whyNot, /portcall\.node belongs to another user \(uid 12345\)$/);
  });

  const parts = [
    "node_modules",
    "node_modules/portcall",
    "node_modules/portcall/prebuilt",
    dirname(prebuilt),
    prebuilt,
  ];
  for (const part of parts) {
    test(`loads none if ${part} alone is another user's`, async (t) => {
      const here = folder(t);
      install(here, 0);
      lchownSync(join(here.shared, part), stranger, stranger);
      assert.match((await here.find()).whyNot ?? "", /belongs to another user/);
    });

    test(`loads none if every user can write to ${part}`, async (t) => {
      const here = folder(t);
      install(here, 0);
      chmodSync(join(here.shared, part), 0o777);
      assert.match((await here.find()).whyNot ?? "", /every user can write to /);
    });
  }

  test("loads none that another user's link leads to", async (t) => {
    const here = folder(t);
    here.write("theirs/portcall/package.json", `{ "name": "portcall" }`, stranger);
    here.write("theirs/portcall/prebuilt/linux-x64/portcall.node", "", stranger);
    symlinkSync(join(here.shared, "theirs"), join(here.shared, "node_modules"));
    assert.match((await here.find()).whyNot ?? "", /belongs to another user/);
  });

  test("loads none of another user who says that the folder above is this package", async (t) => {
    const here = folder(t);
    here.write("package.json", `{ "name": "portcall" }`, stranger);
    here.write("build/native/portcall.node", "", stranger);
    assert.match((await here.find()).whyNot ?? "", /belongs to another user/);
  });

  test("loads the addon of its own owner, who is neither root nor the user", async (t) => {
    const here = folder(t);
    install(here, stranger);
    lchownSync(join(here.shared, "victim/src/wire/addon/find-addon.js"), stranger, stranger);
    assert.equal((await here.find()).file, join(here.shared, prebuilt));
  });

  test("loads the addon where every file is open to all, as on a disk of Windows", async (t) => {
    const here = folder(t);
    install(here, 0);
    for (const part of [...parts, "victim/src/wire/addon/find-addon.js"])
      chmodSync(join(here.shared, part), 0o777);
    assert.equal((await here.find()).file, join(here.shared, prebuilt));
  });
});
