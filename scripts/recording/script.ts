/**
 * What the recording shows: what is typed, on which of its two terminals, and what must be seen before it goes on.
 */

export type Pane = "server" | "client";

export const panes: Readonly<Record<Pane, { readonly rows: number }>> = {
  server: { rows: 5 },
  client: { rows: 14 },
};

export const columns = 94;

/** The ports that the recording shows. Each time it is played, free ones take their place. */
export const ports = ["8888", "9000"] as const;

export interface Step {
  readonly on: Pane;
  /** A line, with Enter behind it; or a key, by tmux's name for it. */
  readonly does: { readonly types: string } | { readonly presses: string };
  /** What the terminals show in the end, each with the last thing that is to come there. */
  readonly until: Readonly<Partial<Record<Pane, RegExp>>>;
  /** Time to read it. */
  readonly holdMs: number;
}

/** The prompt, with nothing behind it: what ran before has ended. */
const prompt = /\n\$\s*$/;
/** The prompt alone. */
const cleared = /^\$\s*$/;

export const steps: readonly Step[] = [
  {
    on: "server",
    does: { types: "portcall serve :8888" },
    until: { server: /^listening on/m },
    holdMs: 1_500,
  },
  {
    on: "client",
    does: { types: "portcall connect localhost:8888" },
    until: { client: /hit enter$/m, server: /^connected with/m },
    holdMs: 1_200,
  },
  { on: "client", does: { types: "hello" }, until: { client: /^OK\.\.\. hello$/m }, holdMs: 1_200 },
  {
    on: "client",
    does: { presses: "C-d" },
    until: { client: prompt, server: / left: / },
    holdMs: 1_800,
  },
  {
    on: "client",
    does: { types: "portcall connect -z 127.0.0.1 8888 9000; echo exit $?" },
    until: { client: /\nexit \d+\n\$\s*$/ },
    holdMs: 2_500,
  },
  { on: "client", does: { presses: "C-l" }, until: { client: cleared }, holdMs: 200 },
  {
    on: "client",
    does: { types: "echo hello | portcall connect -4 localhost:8888 --explain" },
    until: { client: /\nclose [^]*\n\$\s*$/, server: / left: [^]* left: / },
    holdMs: 5_000,
  },
  { on: "client", does: { presses: "C-l" }, until: { client: cleared }, holdMs: 200 },
  {
    on: "client",
    does: { types: "portcall connect 127.0.0.1:9000 --explain" },
    until: { client: /\ncure [^]*\n\$\s*$/ },
    holdMs: 6_000,
  },
];
