/** The check of the built site, on sites of a few lines. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

const { faultsOf } = (await import(pathToFileURL(resolve("scripts/site/faults.mjs")).href)) as {
  faultsOf: (site: string) => string[];
};

describe("the check of the site", () => {
  let site = "";
  beforeEach(async () => {
    site = await mkdtemp(join(tmpdir(), "portcall-site-"));
    await write("assets/@localSearchIndexroot.js", "x".repeat(20_000));
    await write("docs/other.html", `<h2 id="there">There</h2>`);
  });
  afterEach(() => rm(site, { recursive: true, force: true }));

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(site, path)), { recursive: true });
    await writeFile(join(site, path), text);
  }

  const sound = ["/docs/other.html", "./docs/other", "docs/other#there", "#here", "https://example.com/"];
  for (const address of sound) {
    test(`accepts ${address}`, async () => {
      await write("index.html", `<h1 id="here">Here</h1><a href="${address}">link</a>`);
      assert.deepEqual(faultsOf(site), []);
    });
  }

  for (const [address, fault] of [
    ["./missing.html", "leads to ./missing.html, which does not exist"],
    ["/docs/", "leads to /docs/, which does not exist"],
    ["docs/other#nowhere", "leads to docs/other#nowhere, where there is no such heading"],
    ["#nowhere", "leads to #nowhere, where there is no such heading"],
  ] as const) {
    test(`reports ${address}`, async () => {
      await write("index.html", `<a href="${address}">link</a>`);
      assert.deepEqual(faultsOf(site), [`index.html: ${fault}`]);
    });
  }

  test("reports a script and a style sheet of another host", async () => {
    await write("index.html", `<script src="https://example.com/a.js"></script>`);
    assert.deepEqual(faultsOf(site), ["index.html: needs https://example.com/a.js of another host"]);
    await write("index.html", `<link rel="stylesheet" href="//example.com/a.css">`);
    assert.deepEqual(faultsOf(site), ["index.html: needs //example.com/a.css of another host"]);
  });

  test("reports a search without an index", async () => {
    await rm(join(site, "assets"), { recursive: true });
    assert.deepEqual(faultsOf(site), ["the search has no index"]);
  });
});
