/** The types of the package, used as programs use them. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { temporaryFolder } from "../support/folder.ts";

/** A folder whose program sees the package as installed: `dist` and package.json, no source. */
async function project(t: TestContext, compilerOptions: object, program: string): Promise<string> {
  const folder = temporaryFolder(t);
  await mkdir(join(folder, "node_modules/portcall"), { recursive: true });
  await cp("package.json", join(folder, "node_modules/portcall/package.json"));
  await symlink(resolve("dist"), join(folder, "node_modules/portcall/dist"));
  const options = {
    ...{
      strict: true,
      noEmit: true,
      target: "es2024",
      module: "nodenext",
      lib: ["es2023", "esnext.disposable"],
    },
    ...{ types: ["node"], typeRoots: [resolve("node_modules/@types")], preserveSymlinks: true },
    ...compilerOptions,
  };
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
  await writeFile(join(folder, "program.ts"), program);
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: options, files: ["program.ts"] }),
  );
  return folder;
}

function compile(folder: string): Promise<string> {
  const tsc = resolve("node_modules/typescript/bin/tsc");
  return new Promise((done) => {
    execFile(process.execPath, [tsc, "-p", folder], (_error, stdout, stderr) => done(stdout + stderr));
  });
}

describe("the package's types", () => {
  for (const compilerOptions of [{}, { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true }]) {
    test(`fit what users write, with strict and ${JSON.stringify(compilerOptions)}`, async (t) => {
      const folder = await project(t, compilerOptions, "");
      await cp("test/types/programs/uses.ts", join(folder, "program.ts"));
      assert.equal(await compile(folder), "");
    });
  }

  test("do not fit what is wrong, so that the compiler is known to look", async (t) => {
    const program = `import { serve } from "portcall";
const server = await serve({ path: "/tmp/socket" }, () => undefined);
export const port: number = server.address.port;
`;
    assert.match(await compile(await project(t, {}, program)), /program\.ts\(3,\d+\): error TS2339/);
  });
});
