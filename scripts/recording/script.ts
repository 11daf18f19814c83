/**
 * The script of the recording: the input, its terminal, and the output to wait for before the next step.
 */

/** The terminals, from top to bottom. */
export const panes = ["server", "client", "nc"] as const;
export type Pane = (typeof panes)[number];

export const rows: Readonly<Record<Pane, number>> = { server: 9, client: 9, nc: 5 };

export const columns = 94;

/** The ports that the recording shows. Each time it is played, free ones take their place. */
export const ports = ["8888", "9000"] as const;

export interface Step {
  readonly on: Pane;
  /** A line, followed by Enter; or a key, by tmux's name. */
  readonly does: { readonly types: string } | { readonly presses: string };
  /** The last output to wait for on each terminal. */
  readonly until: Readonly<Partial<Record<Pane, RegExp>>>;
  /** Time to read it. */
  readonly holdMs: number;
}

/** An empty prompt: the program before has ended. */
const prompt = /(?:\n|\^C)\$\s*$/;
/** An empty prompt of `listen -k`. */
const ready = /\n>\s*$/;
/** The prompt alone. */
const cleared = /^\$\s*$/;

export const steps: readonly Step[] = [
  // A server, and a client by hand.
  {
    on: "server",
    does: { types: "portcall serve :8888" },
    until: { server: /^listening on/m },
    holdMs: 1_200,
  },
  {
    on: "client",
    does: { types: "portcall connect localhost:8888" },
    until: { client: /hit enter$/m, server: /^connected with/m },
    holdMs: 1_000,
  },
  { on: "client", does: { types: "hello" }, until: { client: /^OK\.\.\. hello$/m }, holdMs: 1_000 },
  { on: "client", does: { presses: "C-d" }, until: { client: prompt, server: / left: / }, holdMs: 1_500 },

  // Which ports answer.
  { on: "client", does: { presses: "C-l" }, until: { client: cleared }, holdMs: 200 },
  {
    on: "client",
    does: { types: "portcall connect -z 127.0.0.1 8888 9000; echo exit $?" },
    until: { client: /\nexit \d+\n\$\s*$/, server: / left: [^]* left: / },
    holdMs: 2_000,
  },

  // A server by hand, for two clients, one of which is nc.
  { on: "server", does: { presses: "C-c" }, until: { server: prompt }, holdMs: 200 },
  { on: "server", does: { presses: "C-l" }, until: { server: cleared }, holdMs: 200 },
  { on: "client", does: { presses: "C-l" }, until: { client: cleared }, holdMs: 200 },
  {
    on: "server",
    does: { types: "portcall listen -k :8888" },
    until: { server: ready },
    holdMs: 600,
  },
  {
    on: "client",
    does: { types: "portcall connect localhost:8888" },
    until: { server: /^\[1\] connected/m },
    holdMs: 400,
  },
  { on: "nc", does: { types: "nc 127.0.0.1 8888" }, until: { server: /^\[2\] connected/m }, holdMs: 400 },
  {
    on: "server",
    does: { types: "who is there?" },
    until: { client: /^who is there\?$/m, nc: /^who is there\?$/m, server: ready },
    holdMs: 600,
  },
  { on: "client", does: { types: "me" }, until: { server: /^\[1\] me\n>\s*$/m }, holdMs: 400 },
  { on: "nc", does: { types: "me too" }, until: { server: /^\[2\] me too\n>\s*$/m }, holdMs: 800 },
  {
    on: "server",
    does: { types: "@2 hello, nc" },
    until: { nc: /^hello, nc$/m, server: ready },
    holdMs: 1_500,
  },
  {
    on: "client",
    does: { presses: "C-d" },
    until: { client: prompt, server: /^\[1\] left: [^]*\n>\s*$/m },
    holdMs: 800,
  },

  // A failure, explained.
  { on: "client", does: { presses: "C-l" }, until: { client: cleared }, holdMs: 200 },
  {
    on: "client",
    does: { types: "portcall connect 127.0.0.1:9000 --explain" },
    until: { client: /\nfix [^]*\n\$\s*$/ },
    holdMs: 5_000,
  },
];
