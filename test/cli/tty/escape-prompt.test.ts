import assert from "node:assert/strict";
import { test } from "node:test";
import { EscapePrompt } from "../../../src/cli/tty/escape-prompt.ts";

/** What `keys` make of each event, in one line: `>` is sent, the rest is shown; `[` and `]` open and close. */
function played(...keys: readonly string[]): string {
  let reported = "";
  const prompt = new EscapePrompt(
    {
      quit: { form: "quit", brief: "end", run: () => void (reported += "{quit}") },
      send: {
        form: "send <x>",
        brief: "say",
        run: ([x]) => (x === undefined ? "send what?" : void (reported += `{${x}}`)),
      },
      suspend: { form: "suspend", brief: "stop", run: () => void (reported += "{suspend}") },
    },
    {
      send: (bytes) => (reported += `>${Buffer.from(bytes).toString("latin1")}>`),
      show: (text) => (reported += text),
      opened: () => (reported += "["),
      closed: () => (reported += "]"),
    },
  );
  for (const one of keys) prompt.keys(Buffer.from(one));
  return reported.replaceAll("\r\n", "/").replaceAll("\u001d", "^]");
}

for (const [promise, keys, reported] of [
  ["every other key is sent as it is", ["a\u0003\u001b[A\xff", "\r"], ">a\u0003\u001b[A\xc3\xbf>>\r>"],
  ["^] opens the prompt, and Enter closes it", ["\u001d", "\r", "b"], "[/portcall> /]>b>"],
  ["what stands beside ^] in one chunk is sent before and behind it", ["a\u001d\rb"], ">a>[/portcall> /]>b>"],
  ["^] twice sends one", ["\u001d\u001d"], "[/portcall> /]>^]>"],
  ["a command is run by its name", ["\u001dquit\r"], "[/portcall> quit/]{quit}"],
  ["a command is run by the beginning of its name", ["\u001dq\r"], "[/portcall> q/]{quit}"],
  [
    "a beginning of two names is none",
    ["\u001ds\r\r"],
    '[/portcall> s/there is no command "s": there are quit, send, suspend, help/portcall> /]',
  ],
  ["a command gets its words", ["\u001dsend ip\r"], "[/portcall> send ip/]{ip}"],
  ["what is wrong with a command is shown", ["\u001dsend\r"], "[/portcall> send/]send what?/"],
  [
    "Backspace and Ctrl-U take back what is typed",
    ["\u001dquix\u007ft\u0015send a\r"],
    "[/portcall> quix\b \bt\b \b\b \b\b \b\b \bsend a/]{a}",
  ],
  ["Backspace takes nothing of the prompt itself", ["\u001d\u007f\u007fq\r"], "[/portcall> q/]{quit}"],
  ["Ctrl-C closes the prompt", ["\u001dqu\u0003a"], "[/portcall> qu/]>a>"],
  ["control keys show nothing", ["\u001d\u001b\u0001\r"], "[/portcall> /]"],
  ["what is not ASCII is no part of a command", ["\u001dqé\r"], "[/portcall> q/]{quit}"],
] as const) {
  test(promise, () => {
    assert.equal(played(...keys), reported);
  });
}

test("cancel closes an open prompt, whose text counts for nothing", () => {
  let reported = "";
  const events = {
    send: (bytes: Uint8Array) => (reported += `>${Buffer.from(bytes).toString()}>`),
    show: (text: string) => (reported += text),
    opened: () => (reported += "["),
    closed: () => (reported += "]"),
  };
  const prompt = new EscapePrompt({}, events);
  prompt.cancel();
  prompt.keys(Buffer.from("\u001dqu"));
  prompt.cancel();
  prompt.keys(Buffer.from("it"));
  assert.equal(reported.replaceAll("\r\n", "/"), "[/portcall> qu/]>it>");
});

test("help names each command, and the prompt stays", () => {
  const reported = played("\u001dhelp\r", "\r");
  for (const line of ["quit          end", "send <x>      say", "^]            send ^] to the peer"])
    assert.ok(reported.includes(`/${line}/`), reported);
  assert.ok(reported.endsWith("/portcall> /]"), reported);
});
