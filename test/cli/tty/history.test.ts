/**
 * What is typed is kept for the user alone, and not for ever.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { historyPath, openHistory } from "../../../src/cli/tty/history.ts";
import { historyLinesMax } from "../../../src/cli/tty/line-editor.ts";
import { temporaryFolder } from "../../support/folder.ts";

function folderFor(t: TestContext): string {
  const folder = temporaryFolder(t);
  return folder;
}

describe("the history", () => {
  test("is where the XDG folder for state is, if that is an absolute path", () => {
    assert.equal(historyPath({ XDG_STATE_HOME: "/state" }), "/state/portcall/history");
    for (const unset of [undefined, "", "here"]) {
      assert.match(historyPath({ XDG_STATE_HOME: unset }) ?? "", /^\/.*\/\.local\/state\/portcall\/history$/);
    }
  });

  test("is there the next time, in a file that only the user may read", (t) => {
    const path = join(folderFor(t), "new", "portcall", "history");
    const history = openHistory(path);
    assert.deepEqual(history.lines, []);
    history.add("HELO me");
    history.add("héllo");
    assert.deepEqual(openHistory(path).lines, ["HELO me", "héllo"]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(join(path, "..")).mode & 0o777, 0o700);
  });

  test("keeps no line twice in a row, none that begins with a space, and none that was pasted for its length", (t) => {
    const path = join(folderFor(t), "history");
    const history = openHistory(path);
    for (const line of ["a", "a", " secret", "", "x".repeat(4_097), "b", "a"]) history.add(line);
    assert.equal(readFileSync(path, "utf8"), "a\nb\na\n");
    openHistory(path).add("a");
    assert.equal(readFileSync(path, "utf8"), "a\nb\na\n");
  });

  test("is made private if it was not", (t) => {
    const path = join(folderFor(t), "history");
    writeFileSync(path, "old\n", { mode: 0o644 });
    openHistory(path).add("new");
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test("is cut to the newest lines when it has twice as many", (t) => {
    const path = join(folderFor(t), "history");
    const line = (number: number): string => `line ${number}`;
    const lines = Array.from({ length: historyLinesMax * 2 + 1 }, (_, number) => line(number));
    writeFileSync(path, `${lines.join("\n")}\n`);
    assert.deepEqual(openHistory(path).lines, lines.slice(-historyLinesMax));
    assert.equal(readFileSync(path, "utf8").split("\n").length, historyLinesMax + 1);
  });

  test("follows no link, and costs nothing when there is no place for it", (t) => {
    const folder = folderFor(t);
    writeFileSync(join(folder, "other"), "");
    symlinkSync(join(folder, "other"), join(folder, "history"));
    openHistory(join(folder, "history")).add("a");
    assert.equal(readFileSync(join(folder, "other"), "utf8"), "");
    mkdirSync(join(folder, "is-a-folder"));
    const history = openHistory(join(folder, "is-a-folder"));
    history.add("a");
    assert.deepEqual(history.lines, []);
  });
});
