/**
 * Nothing that the pages show is left out of the tests that run it.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { blocksOf, fileNameOf, type Block } from "./blocks.ts";
import { pages } from "./project.ts";
import { commandsOf } from "./transcript.ts";
import { limits } from "../../src/index.ts";

/** Shell blocks that setup.test.ts runs. */
const setUp = ["README.md", "docs/guide/README.md"];

/** Blocks that no test can run as they stand, by the first line; each with the reason. */
const notRun: Readonly<Record<string, string>> = {
  "$ portcall connect mail.example 25": "needs a mail server of another machine",
  '$ portcall serve --exec "script -qfc bash /dev/null" 127.0.0.1:8888':
    "test/cli/tty/raw-keys.test.ts types it, with an editor in the place of vi",
  "$ portcall listen -k :8888": "test/cli/tty types it; its clients are other programs",
  "echo 'who is there?' | portcall connect -u -w 2s -s 192.168.1.7 239.1.2.3 9999":
    "needs that address; test/interop and test/cli run it on the loopback interface",
  "portcall listen -u -k --interface eth0 239.1.2.3:9999": "needs an interface of that name",
  "portcall serve ./handler.js :8888 --reuse-port &": "test/cli shares a port between servers",
  "printf 'HEAD / HTTP/1.0\\r\\n\\r\\n' | portcall connect tls://example.com:443":
    "needs servers of other machines; test/cli connects to TLS servers of this one",
  "portcall serve echo --tls --cert server.pem --key server.key 0.0.0.0:8443":
    "needs a certificate for this machine; test/cli/serve-tls.test.ts makes one",
  "$ portcall connect --telnet server.example 23": "needs a login server of another machine",
};

const isProgram = ({ language }: Block): boolean => ["ts", "js", "python"].includes(language);
const isRun = ({ marks }: Block): boolean => marks[0] === "run" || marks[0] === "run-beside";

/** test/interop/existing-clients.test.ts runs the programs of this page, against real servers. */
const withServers = "docs/how-to/existing-clients.md";

describe("each page", () => {
  for (const page of pages) {
    test(`${page} runs each program that it shows`, async () => {
      const blocks = blocksOf(await readFile(page, "utf8"));
      const commands = blocks.filter(isRun).flatMap(({ text }) => commandsOf(text));
      const programs = page === withServers ? [] : blocks.filter(isProgram);
      for (const block of programs) {
        const name = fileNameOf(block);
        assert.ok(
          name !== undefined,
          `${page}:${block.line}: give it a name, as in // client.ts, and run it`,
        );
        const stem = name.replace(/\.\w+$/, "");
        const runs = commands.some((command) => command.includes(`${stem}.`));
        const imported = programs.some(({ text }) => text.includes(`"./${stem}.`));
        assert.ok(runs || imported, `${page}:${block.line}: no transcript runs ${name}`);
      }
    });

    test(`${page} runs each command that it shows`, async () => {
      for (const block of blocksOf(await readFile(page, "utf8"))) {
        if (!["console", "sh", "text"].includes(block.language) || isRun(block)) continue;
        if (block.language === "sh" && setUp.includes(page)) continue;
        const [first = ""] = block.text.split("\n");
        assert.ok(Object.hasOwn(notRun, first), `${page}:${block.line}: nothing runs ${first}`);
      }
    });

    test(`${page} hides nothing that it runs`, async () => {
      const hidden = (await readFile(page, "utf8")).match(/<!--[^]*?-->/g) ?? [];
      assert.deepEqual(
        hidden.filter((comment) => comment.includes("```")),
        [],
      );
    });
  }
});

test("each block that is not run is still on a page", async () => {
  const texts = await Promise.all(pages.map((page) => readFile(page, "utf8")));
  const firsts = texts.flatMap(blocksOf).map(({ text }) => text.split("\n")[0]);
  for (const first of Object.keys(notRun)) assert.ok(firsts.includes(first), first);
});

describe("the ratios", () => {
  const benchmarks = readFileSync("docs/benchmarks.md", "utf8");
  const measured = (server: string, reference: string): string | undefined =>
    new RegExp(`^\\| echo-64 \\| ${server} \\| [\\d.]+ × ${reference} \\| ([\\d.]+) `, "m").exec(
      benchmarks,
    )?.[1];

  test("of the README are those of the benchmarks", () => {
    const [, epoll, node] =
      /([\d.]+) times the CPU time of an epoll loop in C .*and with ([\d.]+) times that of `node:net`/.exec(
        readFileSync("README.md", "utf8"),
      ) ?? [];
    assert.ok(epoll !== undefined && node !== undefined);
    assert.equal(epoll, measured("raw, epoll", "C epoll"));
    assert.equal(node, measured("raw, best engine", "node:net"));
  });

  test("of the changelog are those of the benchmarks", () => {
    const [, raw, lines] =
      /costs ([\d.]+) times the CPU time of `node:net` on Node 20 in raw mode, and\s+([\d.]+) times with lines/.exec(
        readFileSync("CHANGELOG.md", "utf8"),
      ) ?? [];
    assert.ok(raw !== undefined && lines !== undefined);
    assert.equal(raw, measured("raw, best engine", "node:net"));
    assert.equal(lines, measured("lines, best engine", "node:net"));
  });
});

test("the guide's connect timeout is the default of the library", async () => {
  const page = await readFile("docs/guide/2-talking-to-a-server.md", "utf8");
  const [, seconds] = /connecting takes at most (\d+) seconds/.exec(page) ?? [];
  assert.equal(Number(seconds) * 1_000, limits.connectTimeoutMs.value);
});
