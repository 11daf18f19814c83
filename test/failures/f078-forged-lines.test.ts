/** F78: no line from a client of the chat can be mistaken for one of the room or of another member. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryEngine } from "../../src/wire/index.ts";
import { run } from "../services/service-under-test.ts";
import { hastyClock } from "../support/hasty-clock.ts";

/** Characters that may start a new line on some terminal, are invisible, or reverse the text. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

const forged: readonly string[] = [
  "* bob has left",
  " * bob has left",
  "<bob> I am bob",
  "\r* bob has left",
  "x\r* bob has left",
  "x\u2028* bob has left",
  "x\u2029* bob has left",
  "x\u0085* bob has left",
  "x\v* bob has left",
  "x\f* bob has left",
  "x\0* bob has left",
  "\x1b[2K\x1b[1G* bob has left",
  "\x9b2K* bob has left",
  "\b\b\b\b\b\b\b\b\b\b* bob has left",
  "\x7f\x7f\x7f* bob has left",
  "\u202e* bob has left\u202c",
  "\u2066* bob has left",
  "\u200b* bob has left",
  "\ufeff* bob has left",
  "\u{e0041}* bob has left",
  "\u3164* bob has left",
  "\u061c\u200f* bob has left",
  `a${"\u0301".repeat(500)}`,
];

/** Forbidden names. */
const names: readonly string[] = [
  "*",
  "* bob",
  "<bob>",
  "bob ",
  "BOB",
  "bоb",
  "bob\u200b",
  "b\u0301ob",
  "\u202ebob",
  "bob\x1b[0m",
  "_bob",
  "1bob",
  "שלום",
  "bob> hello <x",
];

test("F78: each line of a client arrives after its name, without hidden characters", async (t) => {
  const { dial } = await run(t, "chat", { clock: hastyClock }, createMemoryEngine());
  const bob = await dial();
  await bob.write("bob\n");
  while (!((await bob.readLine()) ?? "").startsWith("* Hello bob"));
  const mallory = await dial();
  await mallory.write("mallory\n");
  assert.equal(await bob.readLine(), "* mallory has joined");
  for (const text of forged) await mallory.write(`${text}\n`);
  await mallory.write("done\n");
  for (const text of forged) {
    const line = (await bob.readLine()) ?? "";
    assert.match(line, /^<mallory> \S/, JSON.stringify(text));
    assert.doesNotMatch(line, hidden, JSON.stringify(text));
    assert.ok(line.length < 60, `${line.length} characters for ${JSON.stringify(text)}`);
  }
  assert.equal(await bob.readLine(), "<mallory> done");
});

test("F78: no client gets a name that looks like another one, or like no name", async (t) => {
  const { dial } = await run(t, "chat", { clock: hastyClock }, createMemoryEngine());
  const bob = await dial();
  await bob.write("bob\n");
  while (!((await bob.readLine()) ?? "").startsWith("* Hello bob"));
  const mallory = await dial();
  await mallory.write("mallory\n");
  while (!((await mallory.readLine()) ?? "").startsWith("* Hello mallory"));
  for (const name of names) {
    await mallory.write(`/nick ${name}\n`);
    assert.match((await mallory.readLine()) ?? "", /^\* (A name has only|The name bob is taken)/i, name);
  }
  await mallory.write("/who\n");
  assert.equal(await mallory.readLine(), "* Here: bob, mallory");
});
