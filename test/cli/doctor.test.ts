/**
 * `portcall doctor` says what is so on this machine, and ends with 1 if something is wrong.
 */
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { whyNoEpoll, whyNoUring } from "../../src/engine.ts";
import { notLinux, unless } from "../failures/support/needs.ts";
import { portcall, start, commandPath } from "../support/command.ts";
import { missing } from "../support/programs.ts";
import { temporaryFolder } from "../support/folder.ts";

describe("doctor", () => {
  test("tells versions, engine, limits and families, and ends with 0 where nothing is wrong", async (t) => {
    const child = portcall(t, ["doctor"]);
    assert.equal(await child.code(), 0, child.stdout);
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    assert.match(child.stdout, new RegExp(`^ok +portcall +${version.replaceAll(".", "\\.")}$`, "m"));
    assert.match(child.stdout, new RegExp(`^ok +runtime +Node ${process.versions.node}$`, "m"));
    for (const subject of ["system", "engine", "IPv4", "IPv6", "concurrency", "names", "configuration"]) {
      assert.match(child.stdout, new RegExp(`^(ok|note) +${subject} +\\S`, "m"));
    }
    assert.equal(child.stderr, "");
  });

  test("counts the room for connections from the limit in force", unless(notLinux), async (t) => {
    const line = `ulimit -n 256 && exec "$0" "$1" doctor`;
    const child = start(t, "sh", ["-c", line, process.execPath, commandPath]);
    assert.equal(await child.code(), 0);
    const [, room] =
      /^note +descriptors +limit 256: a server here can hold (\d+) connections.*ulimit -n/m.exec(
        child.stdout,
      ) ?? [];
    assert.ok(Number(room) > 100 && Number(room) < 224, child.stdout);
  });

  test("names an invalid setting, and one that no command reads", async (t) => {
    const child = portcall(t, ["doctor"], { env: { PORTCALL_TIMEOUT: "soon", PORTCALL_TIMEUOT: "1s" } });
    assert.equal(await child.code(), 1);
    assert.match(child.stdout, /^FAIL +configuration +PORTCALL_TIMEOUT: --timeout "soon" is not a time/m);
    assert.match(
      child.stdout,
      /^note +setting +no command reads PORTCALL_TIMEUOT; did you mean PORTCALL_TIMEOUT\?/m,
    );
  });

  test("names a file of settings that cannot be, and looks at all the rest", async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "portcall.json");
    for (const [content, says] of [
      ["{", /^FAIL +configuration +.*portcall\.json: is not JSON/m],
      ['{ "nope": {} }', /^FAIL +configuration +.*portcall\.json: there is no command "nope"/m],
    ] as const) {
      writeFileSync(file, content);
      for (const options of [{ cwd: folder }, { env: { PORTCALL_CONFIG: file } }]) {
        const child = portcall(t, ["doctor"], options);
        assert.equal(await child.code(), 1, child.stderr);
        assert.match(child.stdout, says);
        assert.match(child.stdout, /^ok +IPv4 /m);
        assert.equal(child.stderr, "");
      }
    }
  });

  test("tells the same in JSON", async (t) => {
    const child = portcall(t, ["doctor", "--json"], { env: { PORTCALL_TIMEOUT: "soon" } });
    assert.equal(await child.code(), 1);
    const { exitName, findings } = JSON.parse(child.stdout) as {
      exitName: string;
      findings: { subject: string; state: string }[];
    };
    assert.equal(exitName, "unmet");
    assert.deepEqual(
      findings.filter(({ state }) => state === "wrong").map(({ subject }) => subject),
      ["configuration"],
    );
  });

  test("ends with 3 where what it found has no room", unless(notLinux), async (t) => {
    const full = openSync("/dev/full", "w");
    t.after(() => {
      closeSync(full);
    });
    const child = portcall(t, ["doctor"], { stdio: ["ignore", full, "pipe"] });
    assert.equal(await child.code(), 3);
    assert.match(child.stderr, /^portcall: standard output: ENOSPC/);
  });

  test("says which engine it is, and why not another one", async (t) => {
    const child = portcall(t, ["doctor"]);
    await child.code();
    const uring = whyNoUring() === undefined ? "works too" : "does not work here: .";
    const says =
      whyNoEpoll() === undefined ? `epoll, .*; io_uring ${uring}` : `portable \\(node:net\\); no epoll: `;
    assert.match(child.stdout, new RegExp(`^(?:ok|note) +engine +${says}`, "m"));
  });

  test("says why io_uring does not work where it is forbidden", unless(missing("strace")), async (t) => {
    if (whyNoEpoll() !== undefined) return t.skip("the addon does not load here");
    const refused = ["-f", "-o", "/dev/null", "-e", "inject=io_uring_setup:error=EPERM"];
    const child = start(t, "strace", [...refused, process.execPath, commandPath, "doctor"]);
    assert.equal(await child.code(), 0);
    assert.match(
      child.stdout,
      /; io_uring does not work here: EPERM \(seccomp or kernel\.io_uring_disabled\)$/m,
    );
  });

  test("takes no words", async (t) => {
    const child = portcall(t, ["doctor", "who"]);
    assert.equal(await child.code(), 2);
    assert.equal(child.stderr, "portcall doctor: doctor takes no arguments\n");
  });
});
