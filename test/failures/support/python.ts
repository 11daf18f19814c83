/** Far ends in Python, for what a Node socket cannot do. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

export interface Python {
  readonly pid: number;
  /** The next line of its output, as JSON. */
  line<Value>(): Promise<Value>;
}

/** Starts peers/`name`.py; it ends with the test at the latest. */
export function startPython(t: TestContext, name: string, args: readonly string[]): Python {
  const child = spawn("python3", [`test/failures/peers/${name}.py`, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    async line<Value>() {
      const said = await lines.next();
      if (said.done === true) throw new Error(`${name}.py ended and had nothing more to say`);
      return JSON.parse(said.value) as Value;
    },
  };
}

/** Runs peers/`name`.py to its end, while this process is blocked. */
export function runPython(name: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync("python3", [`test/failures/peers/${name}.py`, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name}.py: ${stderr}`);
}
