/** Shims in C for `LD_PRELOAD`, compiled on demand. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missing } from "../../support/programs.ts";
import { notLinux } from "./needs.ts";

export const noCompiler: string | undefined = notLinux ?? missing("cc");

/** A folder for a test file, with the compiled shim in it; both are removed when the process exits. */
export function compileShim(name: string): { readonly folder: string; readonly library: string } {
  const folder = mkdtempSync(join(tmpdir(), "portcall-shim-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true });
  });
  const library = join(folder, `${name}.so`);
  const { status, stderr } = spawnSync(
    "cc",
    ["-shared", "-fPIC", "-O1", "-Wall", "-o", library, `test/failures/shims/${name}.c`, "-ldl"],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`shims/${name}.c: ${stderr}`);
  return { folder, library };
}
