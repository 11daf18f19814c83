/** S18: what is left of programs whose clients are cut off. */
import { once } from "node:events";
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { allProcesses, openDescriptors } from "../process-facts.ts";
import type { Figure, Run, Score } from "../score.ts";

const clients = 50;
const secret = "hunter2";
/** So long may what was asked to end take to end. */
const endingMsMax = 5_000;

/**
 * A shell, a child and a grandchild that do not listen to SIGTERM, in part; it says what it has been
 * given, and then whatever its client says.
 */
const program = `trap "" TERM; (sleep 1000 & wait) & sleep 1001 & env; echo fds $(ls /proc/$$/fd); cat`;

export const execEnds: Score = {
  name: "S18",
  title: "programs of serve --exec whose clients are cut off",
  how:
    `\`portcall serve --sh\` runs a shell with children and a grandchild, of which some ignore SIGTERM, for each of ${clients} clients at once. Each is cut ` +
    "off at a moment of the seed's choosing, from before the program has started to half a second later, by a reset, by an end, or " +
    "by both. Then the system's table of processes is searched for zombies of the server, and for processes that carry the " +
    "connection in their environment; they have five seconds. The server has a secret in its environment, and what each " +
    "program printed of its own environment and descriptors is searched for more than it should have.",
  async measure(run) {
    const server = run.portcall(["serve", "--sh", program, ":0"], { SCORECARD_SECRET: secret });
    const port = await server.port();
    const before = openDescriptors(server.pid);
    const heard = await Promise.all(Array.from({ length: clients }, () => visitAndGo(port, run)));
    await server.says(clients, / left: /);
    const began = performance.now();
    let left = leftOf(server.pid, port);
    while (left.zombies + left.orphans > 0 && performance.now() - began < endingMsMax) {
      await pause(20);
      left = leftOf(server.pid, port);
    }
    const goneAfterMs = performance.now() - began;
    const descriptors = openDescriptors(server.pid);
    const spoke = heard.filter((text) => text.includes("fds "));
    run.log({ spoke: spoke.length, left, goneAfterMs, before, descriptors, first: spoke[0] });
    return [
      { what: `of ${clients} clients: heard their program`, value: spoke.length, target: { atLeast: clients / 4 } },
      { what: "zombies", value: left.zombies, target: none },
      { what: "orphans", value: left.orphans, target: none },
      { what: "programs that saw the secret", value: spoke.filter((text) => text.includes(secret)).length, target: none },
      { what: "programs with more than three descriptors", value: spoke.filter(hasMoreDescriptors).length, target: none },
      { what: "server: descriptors beyond those before", value: descriptors - before, target: none },
    ];
  },
};

const none: Figure["target"] = { atMost: 0 };

/** Connects, and is cut off at some time; resolves to what it has heard. */
async function visitAndGo(port: number, run: Run): Promise<string> {
  const socket = net.connect({ host: "127.0.0.1", port });
  let heard = "";
  socket.setEncoding("latin1").on("data", (text: string) => (heard += text));
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const waitMs = run.chance.below(2) === 0 ? run.chance.below(100) : 100 + run.chance.below(400);
  const ending = run.chance.below(3);
  await once(socket, "connect");
  await pause(waitMs);
  if (ending > 0) socket.end("goodbye\n");
  if (ending !== 1) socket.resetAndDestroy();
  await closed;
  return heard;
}

function hasMoreDescriptors(text: string): boolean {
  return !/^fds 0 1 2$/m.test(text);
}

/** What is there that should not be: dead children that nobody has asked about, and living ones without a client. */
function leftOf(server: number, port: number): { readonly zombies: number; readonly orphans: number } {
  const all = allProcesses();
  return {
    zombies: all.filter(({ parent, state }) => parent === server && state === "Z").length,
    orphans: all.filter(({ environment }) => environment.includes(`PORTCALL_LOCAL_PORT=${port}\0`)).length,
  };
}
