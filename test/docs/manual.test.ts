/**
 * The manual pages, read by mandoc: without a complaint, and with everything in them that help has.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { argument, body, list, prose, verbatim } from "../../scripts/docs/mdoc.ts";
import { manualPages } from "../../scripts/docs/manual.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { exitCodes } from "../../src/cli/exit.ts";
import { loadTopics } from "../../src/cli/help/index.ts";
import { optionNames } from "../../src/cli/args/options.ts";
import { needs } from "../interop/peers.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();

const all = await commands.loadAll();
const topics = await loadTopics();
const pages = manualPages();

/** A page as a file, for a program that reads files. */
function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** What mandoc has to say against a page. */
function complaints(name: string, text: string): string {
  const words = ["-T", "lint", "-W", "warning", fileOf(name, text)];
  return spawnSync("mandoc", words, { encoding: "utf8" }).stdout.replaceAll(`${folder}/`, "");
}

/** A page as it is read, without what makes its letters bold, and as one line. */
function rendered(name: string, text: string): string {
  const words = ["-T", "utf8", "-O", "width=100", fileOf(name, text)];
  const shown = execFileSync("mandoc", words, { encoding: "utf8" });
  // A word may be broken behind its hyphen.
  return asOneLine(shown.replaceAll(/.[\b]/gu, "").replaceAll(/(?<=\w-)\n\s+/g, ""));
}

function asOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

function pageOf(file: string): string {
  return pages.get(file) ?? assert.fail(`there is no ${file}`);
}

describe("the manual", needs("mandoc"), () => {
  for (const [file, text] of pages) {
    test(`${file} is mdoc that mandoc has nothing against`, () => {
      assert.equal(complaints(file, text), "");
    });
  }

  test("is seen to be wrong where it is", () => {
    assert.match(complaints("wrong.1", ".Dd today\n.Dt X 1\n.Os\n.Sh NAME\n.Bl\n"), /WARNING/);
  });

  test("has a page for each command, with its forms, options and examples", () => {
    for (const { name, brief, usage, options, examples } of all) {
      const shown = rendered(`${name}.1`, pageOf(`portcall-${name}.1`));
      assert.ok(shown.includes(`portcall-${name} – ${brief}`), name);
      for (const form of usage) {
        const plain = form.replaceAll(/[<>]/g, "").replaceAll("|", " | ");
        assert.ok(shown.includes(`portcall ${name} [option ...] ${plain}`.trimEnd()), form);
      }
      for (const [option, row] of Object.entries(options)) {
        const { value, brief: meaning } = row;
        const shownValue = value?.placeholder.replaceAll(/[<>]/g, "").replaceAll("|", " | ");
        const placeholder =
          value?.whenLeftOut === undefined ? (value ? ` ${shownValue}` : "") : `[=${shownValue}]`;
        const text = `${optionNames(option, row).join(", ")}${placeholder} ${meaning.replaceAll("`", "")}`;
        assert.ok(shown.includes(text), text);
      }
      for (const [line, does] of examples) assert.ok(shown.includes(asOneLine(`${does}: ${line} `)), line);
    }
  });

  test("has a page for each topic, and portcall(1) leads to all of them", () => {
    const main = rendered("portcall.1", pageOf("portcall.1"));
    for (const { name, brief, text } of topics) {
      const shown = rendered(`${name}.7`, pageOf(`portcall-${name}.7`));
      assert.ok(shown.includes(`portcall-${name} – ${brief}`), name);
      assert.ok(shown.includes(asOneLine(text.replaceAll("`", "")).trim()), `${name}: ${shown}`);
      assert.ok(main.includes(`portcall-${name}(7) ${brief}`), name);
    }
    for (const { name, brief } of all) assert.ok(main.includes(`portcall-${name}(1) ${brief}`), name);
    for (const { code, meaning } of Object.values(exitCodes)) {
      assert.ok(main.includes(` ${code} ${meaning.replaceAll("`", "")}`), meaning);
    }
  });

  test("shows every character as it is, wherever it stands", () => {
    const nasty = [
      ".Sh not a section",
      "'br not a request",
      "a\\b \\fBnot bold\\fR \\n \\x41 \\\\",
      `"quoted" 'quoted' ^[ ~/x --long-option -w <x> [y] {z} | a,b; (c): d! e?`,
      ".",
      "'",
      "\\",
      "%s $HOME # @ … – é €",
      "Fl Ar Op Ns Xr",
    ];
    for (const text of nasty) {
      const source = [
        ".Dd November 22, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Nd y\n.Sh DESCRIPTION",
        ...["prose", prose(text), "arg", `.Cm ${argument(text)}`, "code", verbatim([text])],
        ...["list", list([[`Cm ${argument(text)}`, text]]), "body", body(`  ${text}`), "end"],
      ].join("\n");
      assert.doesNotMatch(complaints("nasty.1", source), /ERROR|WARNING: (?!line scope broken)/);
      const once = asOneLine(text);
      const expected = `prose ${once} arg ${once} code ${once} list ${once} ${once} body ${once} end`;
      assert.ok(rendered("nasty.1", source).includes(expected), `${text}: ${rendered("nasty.1", source)}`);
    }
  });
});
