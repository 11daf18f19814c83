/** The chat room: names, who receives which line, and who is disconnected. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Connection } from "../../../src/index.ts";
import { createMemoryEngine } from "../../../src/wire/index.ts";
import { hastyClock } from "../../support/hasty-clock.ts";
import { simulateNetwork } from "../../../src/testing/simulated-network.ts";
import { run, type ServiceUnderTest } from "../service-under-test.ts";

/** A member of the room, who reads line by line. */
class Person {
  readonly client: Connection;

  constructor(client: Connection) {
    this.client = client;
  }

  say(line: string): Promise<void> {
    return this.client.write(`${line}\r\n`);
  }

  /** The next line, which ends in CR LF; `null` at the end. */
  async hear(): Promise<string | null> {
    const line = await this.client.readUntil("\n");
    if (line === null) return null;
    const text = Buffer.from(line).toString();
    assert.ok(text.endsWith("\r\n"), JSON.stringify(text));
    return text.slice(0, -2);
  }

  async receives(...lines: readonly (string | null)[]): Promise<void> {
    for (const line of lines) assert.equal(await this.hear(), line);
  }
}

const greeting = ["* Welcome to the chat.", "* What is your name?"];

async function arrive(room: ServiceUnderTest): Promise<Person> {
  const person = new Person(await room.dial());
  await person.receives(...greeting);
  return person;
}

async function enter(room: ServiceUnderTest, name: string): Promise<Person> {
  const person = await arrive(room);
  await person.say(name);
  assert.match((await person.hear()) ?? "", new RegExp(`^\\* Hello ${name}, `));
  return person;
}

function open(t: TestContext): Promise<ServiceUnderTest> {
  return run(t, "chat", { clock: hastyClock });
}

describe("serve chat", () => {
  test("asks for a name, then tells who is here, and tells them who has come", async (t) => {
    const room = await open(t);
    const ada = await arrive(room);
    await ada.say("ada");
    await ada.receives("* Hello ada, you are the first here; /help lists the commands");
    const bob = await arrive(room);
    await bob.say("bob");
    await bob.receives("* Hello bob, also here: ada; /help lists the commands");
    await ada.receives("* bob has joined");
  });

  test("sends each line to all other members, after the name, and not to its sender", async (t) => {
    const room = await open(t);
    const ada = await enter(room, "ada");
    const bob = await enter(room, "bob");
    const cleo = await enter(room, "cleo");
    await ada.receives("* bob has joined", "* cleo has joined");
    await bob.receives("* cleo has joined");
    await ada.say("hello, you two");
    await bob.receives("<ada> hello, you two");
    await cleo.receives("<ada> hello, you two");
    await bob.say("hello ada");
    await ada.receives("<bob> hello ada");
  });

  test("takes lines that end in LF as those that end in CR LF, and a last one without", async (t) => {
    const room = await open(t);
    const ada = await enter(room, "ada");
    const bob = await arrive(room);
    await bob.client.write("bob\nfirst\r\n\r\nlast");
    await bob.client.end();
    await ada.receives("* bob has joined", "<bob> first", "<bob> last", "* bob has left");
  });

  test("asks again for a name that is taken in any spelling, too long, empty or not of its letters", async (t) => {
    const room = await open(t);
    await enter(room, "ada");
    const bob = await arrive(room);
    await bob.say("ADA");
    await bob.receives("* The name ADA is taken. What is your name?");
    await bob.say("b".repeat(21));
    await bob.receives("* A name has at most 20 characters. What is your name?");
    for (const name of ["", "аda"]) {
      await bob.say(name);
      await bob.receives(
        "* A name has only letters from a to z, digits, - and _, and begins with a letter. What is your name?",
      );
    }
    await bob.say("bob");
    assert.match((await bob.hear()) ?? "", /^\* Hello bob/);
  });

  test("gives up on a client that finds no name in five tries", async (t) => {
    const room = await open(t);
    const client = await arrive(room);
    for (let tries = 1; tries < 5; tries++) {
      await client.say("* root");
      assert.match((await client.hear()) ?? "", /What is your name\?$/);
    }
    await client.say("* root");
    assert.match((await client.hear()) ?? "", /Come back with another\. Goodbye\.$/);
    await client.receives(null);
  });

  test("accepts only one of two clients that choose the same name at the same moment", async (t) => {
    const room = await open(t);
    const both = await Promise.all([arrive(room), arrive(room)]);
    await Promise.all(both.map((one) => one.say("ada")));
    const answers = await Promise.all(both.map((one) => one.hear()));
    assert.equal(answers.filter((answer) => answer?.startsWith("* Hello ada")).length, 1);
    assert.equal(answers.filter((answer) => answer?.startsWith("* The name ada is taken")).length, 1);
  });

  test("/who, /nick, /help, /quit and what there is not", async (t) => {
    const room = await open(t);
    const ada = await enter(room, "ada");
    const bob = await enter(room, "bob");
    await ada.receives("* bob has joined");
    await ada.say("/who");
    await ada.receives("* Here: ada, bob");
    await ada.say("/nick bob");
    await ada.receives("* The name bob is taken.");
    await ada.say("/nick Ada");
    await ada.receives("* ada is now Ada");
    await bob.receives("* ada is now Ada");
    await ada.say("/nick grace");
    await ada.receives("* Ada is now grace");
    await bob.receives("* Ada is now grace");
    await ada.say("/nick");
    assert.match((await ada.hear()) ?? "", /^\* A name has only/);
    await ada.say("still me");
    await bob.receives("<grace> still me");
    await ada.say("/HELP");
    assert.match((await ada.hear()) ?? "", /^\* \/who: .*\/nick.*\/quit/);
    await ada.say("/sing la");
    await ada.receives("* There is no command /sing; /help lists the commands");
    await ada.say("/quit");
    await ada.receives("* Goodbye.", null);
    await bob.receives("* grace has left");
    const next = await enter(room, "ada");
    await next.say("the name was free again");
    await bob.receives("* ada has joined", "<ada> the name was free again");
  });

  test("tells the others when a member is disconnected", async (t) => {
    const room = await open(t);
    const ada = await enter(room, "ada");
    const bob = await enter(room, "bob");
    await ada.receives("* bob has joined");
    await bob.client.abort();
    await ada.receives("* bob has left");
  });

  test("tells a client whose line is too long, and goes on without it", async (t) => {
    const room = await open(t);
    const ada = await enter(room, "ada");
    const bob = await enter(room, "bob");
    await ada.receives("* bob has joined");
    void bob.client.write("x".repeat(5_000));
    await bob.receives("Too long: a line is longer than 4096 bytes. Goodbye.", null);
    await ada.receives("* bob has left");
  });

  test("says goodbye to all members when the server closes, and does not wait for them", async (t) => {
    const room = await open(t);
    const people = [await enter(room, "ada"), await arrive(room)];
    const closed = room.server.close({ drainMs: Infinity });
    for (const { client } of people) {
      const last = Buffer.from((await client.readUntil("\n")) ?? []).toString();
      assert.equal(last, "* The room closes. Goodbye.\r\n");
      await client.close();
    }
    await closed;
  });

  test("closes a client that connects and never says a name, and none that only listens", async (t) => {
    const { engine, clock, pass, settle } = simulateNetwork();
    const room = await run(t, "chat", {}, engine, clock);
    const silent = await room.dial();
    const listener = await room.dial();
    await listener.write("ada\n");
    await settle();
    await pass(60_000);
    assert.match(
      Buffer.from((await silent.read()) ?? []).toString(),
      /What is your name\?\r\n\* You did not answer in time/,
    );
    assert.equal(await silent.read(), null);
    await pass(3_600_000);
    assert.equal(listener.closeInfo, undefined);
  });
});

test("stuck readers are disconnected with the reason, and delay no member", async (t) => {
  const room = await run(t, "chat", { clock: hastyClock }, createMemoryEngine());
  const stuck = await Promise.all(
    Array.from({ length: 100 }, async (_, number) => {
      const client = await room.dial();
      await client.write(`stuck${number}\n`);
      return client;
    }),
  );
  const [reader, speaker] = [await enter(room, "reader"), await enter(room, "speaker")];
  const received = (async () => {
    let lines = 0;
    for (let line = await reader.hear(); line !== "<speaker> that is all"; line = await reader.hear()) {
      if (line?.startsWith("<speaker>") === true) lines++;
    }
    return lines;
  })();
  const line = "x".repeat(4_000);
  let said = 0;
  for (; room.server.stats.connections > 2; said++) await speaker.say(line);
  await speaker.say("that is all");
  assert.equal(await received, said, "who reads has heard everything");
  // The buffers of a connection in memory, of its reader, and of the room.
  assert.ok(said * line.length < 65_536 + 65_536 + 262_144 + 1_048_576, `${said} lines were kept for each`);
  for (const client of stuck) {
    const { how, by, error } = await room.endingOf(client);
    assert.deepEqual([how, by, error?.code], ["limit", "us", "ERR_WRITE_QUEUE_FULL"]);
  }
});
