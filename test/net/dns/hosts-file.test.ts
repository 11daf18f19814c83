/** The hosts file, and the time that a large one takes. */
import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { lookUpHostsFile } from "../../../src/net/dns/hosts-file.ts";
import { temporaryFolder } from "../../support/folder.ts";

const folder = temporaryFolder();

describe("the hosts file", () => {
  const path = join(folder, "hosts");
  writeFileSync(
    path,
    `# comment with host.test
127.0.0.1 localhost
192.0.2.1\thost.test   other.test # not.test
2001:db8::1  HOST.test
not-an-address host.test
192.0.2.9 hosts.test
192.0.2.1 host.test
192.0.2.7 last.test#glued.test`,
  );

  test("gives the addresses of a name in its order, each once, whatever its letters' case", () => {
    assert.deepEqual(lookUpHostsFile("host.test", path), ["192.0.2.1", "2001:db8::1"]);
    assert.deepEqual(lookUpHostsFile("Other.Test", path), ["192.0.2.1"]);
    assert.deepEqual(lookUpHostsFile("last.test", path), ["192.0.2.7"]);
  });

  test("knows nothing of comments, of parts of names, and of addresses as names", () => {
    for (const unknown of ["not.test", "glued.test", "comment", "host", "test", "192.0.2.1", "#", "", " "]) {
      assert.deepEqual(lookUpHostsFile(unknown, path), [], unknown);
    }
  });

  test("is empty where there is none, or where a folder is in its place", () => {
    assert.deepEqual(lookUpHostsFile("host.test", join(folder, "none")), []);
    assert.deepEqual(lookUpHostsFile("host.test", folder), []);
  });

  test("is read again when it has changed, though its size and its inode stay", () => {
    const changing = join(folder, "changing");
    writeFileSync(changing, "192.0.2.1 a.test\n");
    assert.deepEqual(lookUpHostsFile("a.test", changing), ["192.0.2.1"]);
    writeFileSync(changing, "192.0.2.2 a.test\n");
    utimesSync(changing, 1, 1);
    assert.deepEqual(lookUpHostsFile("a.test", changing), ["192.0.2.2"]);
  });

  test("of 150,000 lines is searched in a few milliseconds, also for a name that begins as all others", () => {
    const large = join(folder, "large");
    const lines = Array.from({ length: 150_000 }, (_, index) => `0.0.0.0 ads${index}.tracker.test`);
    writeFileSync(large, `${lines.join("\n")}\n192.0.2.1 ads\n`);
    assert.deepEqual(lookUpHostsFile("ads", large), ["192.0.2.1"]);
    const times = ["ads", "ads149999.tracker.test", "unknown.test", "test"].map((name) => {
      const beganMs = performance.now();
      for (let round = 0; round < 5; round++) lookUpHostsFile(name, large);
      return (performance.now() - beganMs) / 5;
    });
    // Building a table of the names takes 100 to 200 ms. These lookups take one to ten; the rest is for a busy machine.
    assert.ok(Math.min(...times) < 50, `${times.join(", ")} ms`);
  });
});
