/**
 * Folders for what tests write, each removed when its test, or its file, is over.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** A folder of its own for a test, or without one for all tests of the file or suite. */
export function temporaryFolder(t: { after(run: () => void): void } = { after }): string {
  const folder = mkdtempSync(join(tmpdir(), "portcall-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
