/**
 * Command lines for the tests of completion: of the real commands, and of a made-up one.
 */
import type { Command } from "../../../src/cli/command.ts";
import { commands } from "../../../src/cli/commands/index.ts";
import { expectedLines, type ExpectedLine } from "../../../src/cli/completion/expected.ts";
import { loadTopics } from "../../../src/cli/help/index.ts";

export const real: readonly ExpectedLine[] = expectedLines(await commands.loadAll(), await loadTopics());

const nasty = `it's "quoted" [in] {braces}: a\\b $(touch pwned) \`touch pwned\` $HOME %s * ~ <x> | & ; # é`;
const value = { placeholder: "", read: (text: string) => text };
/** A made-up command with everything that a later command may have. */
export const madeUp: readonly ExpectedLine[] = expectedLines(
  [
    {
      name: "made-up",
      brief: nasty,
      usage: [
        "[service] [address]",
        "./<handler file> [address]",
        "--exec <command> <folder>",
        "<on|off> <file>",
      ],
      about: "",
      options: {
        nasty: { short: "n", brief: nasty },
        exec: { brief: `${nasty}:`, value: { ...value, placeholder: "<command>" } },
        color: { short: "c", brief: "when", value: { ...value, placeholder: "<auto|always|never>" } },
        into: { brief: "where to", value: { ...value, placeholder: "<folder>" } },
        cert: { short: "C", brief: "what", value: { ...value, placeholder: "<certificate file>" } },
        said: {
          short: "s",
          brief: "what is said",
          value: { ...value, placeholder: "<now|then>", whenLeftOut: "now" },
        },
        via: { brief: "who", value: { ...value, placeholder: "<host>" } },
      },
      examples: [],
      run: () => Promise.resolve("ok"),
    } satisfies Command,
  ],
  [],
);
