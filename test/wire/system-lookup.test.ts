/**
 * Lookups on the addon's threads: shared, cancelled, more than there are threads, and abandoned by their thread.
 *
 * The names are under `localhost` or long ones, which the C library resolves by itself.
 * test/failures/f043-name-servers.test.ts covers silent name servers.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { systemLookup, whyNoEpoll, type SystemAnswer } from "../../src/wire/index.ts";
import { inNamespace, noNamespaces } from "../failures/support/namespace.ts";
import { unless } from "../failures/support/needs.ts";
import { startProgram } from "../failures/support/program.ts";

const index = new URL("../../src/wire/index.js", import.meta.url).href;

function lookUp(name: string, family: 0 | 4 | 6 = 0): Promise<SystemAnswer> {
  return new Promise((resolve) => {
    assert.ok(systemLookup(name, family, resolve) !== undefined, "no thread for a look-up");
  });
}

describe("the system's look-up", { skip: whyNoEpoll(), timeout: 60_000 }, () => {
  test("knows literals in both families", async () => {
    assert.deepEqual(await lookUp("192.0.2.1"), { addresses: ["192.0.2.1"] });
    assert.deepEqual(await lookUp("2001:db8::1", 6), { addresses: ["2001:db8::1"] });
    const wrong = await lookUp("192.0.2.1", 6);
    assert.match("code" in wrong ? wrong.code : "", /^EAI_(?:ADDRFAMILY|NONAME)$/);
  });

  test("reports what is no name, and never looks up a part of it", async () => {
    const tooLong = `${"a".repeat(254)}.test`;
    assert.deepEqual(await lookUp(tooLong), { code: "EAI_NONAME" });
    for (const wrong of ["127.0.0.1\0.evil.test", "a".repeat(2_000)])
      assert.equal(
        systemLookup(wrong, 0, () => assert.fail("answered")),
        undefined,
      );
  });

  test("answers more questions at once than there are threads, each with its own answer", async () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `192.0.${at >> 8}.${at & 255}`);
    const answers = await Promise.all(names.map((name) => lookUp(name)));
    assert.deepEqual(
      answers.map((one) => one.addresses),
      names.map((name) => [name]),
    );
  });

  test("that one caller cancels is still answered for the others who asked for the same name", async () => {
    const answered: string[] = [];
    const cancels = ["a", "b"].map((who) => systemLookup("192.0.2.7", 0, () => answered.push(who)));
    const other = lookUp("192.0.2.7");
    for (const cancel of cancels) cancel?.();
    for (const cancel of cancels) cancel?.();
    assert.deepEqual(await other, { addresses: ["192.0.2.7"] });
    assert.deepEqual(answered, []);
    assert.deepEqual(await lookUp("192.0.2.7"), { addresses: ["192.0.2.7"] });
  });

  test("cancelled by the hundred, in the middle of answers, frees each once", async () => {
    const cancels = new Set<() => void>();
    let answers = 0;
    const rounds = Array.from({ length: 20 }, async (_, round) => {
      for (let at = 0; at < 50; at++) {
        const cancel = systemLookup(`198.51.${round}.${at}`, 0, () => {
          answers++;
          // Some are answered already, some are running, some wait.
          for (const other of [...cancels].slice(0, 3)) {
            cancels.delete(other);
            other();
          }
        });
        if (cancel !== undefined) cancels.add(cancel);
      }
      await lookUp("203.0.113.1");
    });
    await Promise.all(rounds);
    for (const cancel of cancels) cancel();
    assert.ok(answers > 0);
    assert.deepEqual(await lookUp("203.0.113.2"), { addresses: ["203.0.113.2"] });
  });

  test("of threads that are ended while theirs are under way are dropped, and the parent's go on", async () => {
    for (let round = 0; round < 10; round++) {
      const worker = new Worker(
        `import(${JSON.stringify(index)}).then(({ systemLookup }) => {
          let at = 0;
          const next = () => {
            const name = "192.0." + (++at >> 8 & 255) + "." + (at & 255);
            if (systemLookup(name, 0, next) === undefined) throw new Error("no thread");
            if (at === 100) require("node:worker_threads").parentPort.postMessage("busy");
          };
          for (let times = 0; times < 20; times++) next();
        });`,
        { eval: true },
      );
      await once(worker, "message");
      const own = lookUp(`198.51.100.${round}`);
      await worker.terminate();
      assert.deepEqual(await own, { addresses: [`198.51.100.${round}`] });
    }
  });

  test(
    "outlives the thread that asked and was the only one with the addon, and the process ends at once",
    unless(noNamespaces),
    async (t) => {
      const files = {
        "/etc/resolv.conf": "nameserver 127.0.0.53\noptions timeout:1 attempts:1\n",
        "/etc/hosts": "127.0.0.1 localhost\n",
      };
      const program = startProgram(t, "abandoned-lookups", {}, { behind: inNamespace({ files }) });
      await program.line("outlived");
      assert.equal(await program.ended, 0);
    },
  );
});
