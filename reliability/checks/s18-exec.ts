/** S18: what is left of programs whose clients are cut off. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { EngineChoice } from "../../src/index.ts";
import { onEachEngine } from "../engines.ts";
import { allProcesses, openDescriptors } from "../process-facts.ts";
import type { Figure, Run, Check } from "../check.ts";

const clients = 50;
const secret = "hunter2";
/** So long may what was asked to end take to end. */
const endingMsMax = 5_000;

/**
 * A shell, a child and a grandchild that do not listen to SIGTERM, in part; it says what it has been
 * given, and then whatever its client says.
 */
const program = `trap "" TERM; (sleep 1000 & wait) & sleep 1001 & env; echo fds; ls /proc/$$/fd; echo; cat`;

export const execEnds: Check = {
  name: "S18",
  title: "programs of serve --exec whose clients are cut off",
  how:
    `On each engine that works here (in the quick form on the first). ` +
    `\`portcall serve --sh\` runs a shell with children and a grandchild, some of which ignore SIGTERM, for each of ${clients} clients at once. ` +
    `Each client is cut off at a moment that the seed chooses, from before the program has started to half a second later, by a reset, a half-close or a close. ` +
    `Then the process table is searched for zombies of the server, and for processes that carry the connection in their environment. They have five seconds to end. ` +
    `The server has a secret in its environment. What each program printed of its own environment and descriptors must not contain it, nor a descriptor of the server.`,
  measure: (run) => onEachEngine(run, (engine) => measureOn(engine, run)),
};

async function measureOn(engine: EngineChoice, run: Run): Promise<readonly Figure[]> {
  const server = run.portcall(["serve", "--sh", program, ":0", "--engine", engine], {
    SCORECARD_SECRET: secret,
  });
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
  // Its three streams, and what this process was itself started with.
  const usual = spawnSync("sh", ["-c", "ls /proc/$$/fd"], { encoding: "utf8" }).stdout.split("\n");
  const hasMore = (text: string): boolean =>
    descriptorsIn(text)?.some((one) => !usual.includes(one)) ?? false;
  const spoke = heard.filter((text) => descriptorsIn(text) !== undefined);
  await server.end();
  run.log({ engine, spoke: spoke.length, left, goneAfterMs, before, descriptors, first: spoke[0] });
  return [
    { what: `of ${clients} clients: heard their program`, value: spoke.length, target: { atLeast: 10 } },
    { what: "zombies", value: left.zombies, target: none },
    { what: "orphans", value: left.orphans, target: none },
    {
      what: "programs that saw the secret",
      value: spoke.filter((text) => text.includes(secret)).length,
      target: none,
    },
    { what: "programs with descriptors of the server", value: spoke.filter(hasMore).length, target: none },
    { what: "server: descriptors beyond those before", value: descriptors - before, target: none },
  ];
}

const none: Figure["target"] = { atMost: 0 };

/** Connects, and is cut off at some time; resolves to what it has heard. */
async function visitAndGo(port: number, run: Run): Promise<string> {
  const socket = net.connect({ host: "127.0.0.1", port });
  let heard = "";
  socket.setEncoding("latin1").on("data", (text: string) => (heard += text));
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const waitMs = run.prng.below(2) === 0 ? run.prng.below(100) : 100 + run.prng.below(400);
  const closeInfo = run.prng.below(3);
  await once(socket, "connect");
  await pause(waitMs);
  if (closeInfo === 0) socket.resetAndDestroy();
  else if (closeInfo === 1) socket.end("goodbye\n");
  else socket.destroy();
  await closed;
  return heard;
}

/** The numbers of its descriptors that a program printed, if it came so far. */
function descriptorsIn(text: string): readonly string[] | undefined {
  return /^fds\n((?:\d+\n)+)\n/m.exec(text)?.[1]?.trim().split("\n");
}

/** Leftover processes: dead children that are not reaped, and running ones without a client. */
function leftOf(server: number, port: number): { readonly zombies: number; readonly orphans: number } {
  const all = allProcesses();
  return {
    zombies: all.filter(({ parent, state }) => parent === server && state === "Z").length,
    orphans: all.filter(({ environment }) => environment.includes(`PORTCALL_LOCAL_PORT=${port}\0`)).length,
  };
}
