/**
 * `npm run torture`: makes every call of the addon that a crowd of connections needs fail once, in every way that its
 * manual page lists; on each native engine, or on one.
 *
 *     npm run torture -- --engine epoll --call sendmsg --number 12 --failure ENOBUFS      one case; each option may be left out
 */
import { parseArgs } from "node:util";
import { nativeEngines } from "../support/native-engines.ts";
import { everyCase } from "./cases.ts";
import { Torment, whyNoTorture, type Verdict } from "./torment.ts";

const text = { type: "string" } as const;
const { values: only } = parseArgs({ options: { engine: text, call: text, number: text, failure: text } });

async function torture(engine: (typeof nativeEngines)[number]["name"]): Promise<boolean> {
  const torment = new Torment(engine);
  const counts = await torment.counts();
  let call = "";
  let states: Record<Verdict["state"], number> = { right: 0, unreached: 0, wrong: 0 };
  let well = true;
  const sum = (): void => {
    const { right, unreached, wrong } = states;
    if (call === "") return;
    console.log(
      `${engine} ${call.padEnd(18)} made ${counts[call]} times: ${right} faults borne, ${unreached} not reached, ${wrong} wrong`,
    );
  };
  for (const fault of everyCase(counts)) {
    const { number, failure } = fault;
    if (only.call !== undefined && only.call !== fault.call) continue;
    if (only.number !== undefined && Number(only.number) !== number) continue;
    if (only.failure !== undefined && only.failure !== failure) continue;
    if (fault.call !== call) {
      sum();
      call = fault.call;
      states = { right: 0, unreached: 0, wrong: 0 };
    }
    const { state, wrong } = await torment.try(fault);
    states[state]++;
    if (state !== "wrong") continue;
    well = false;
    const again = `--engine ${engine} --call "${call}" --number ${number} --failure ${failure}`;
    console.log(`WRONG  ${again}: ${wrong.join("; ")}`);
  }
  sum();
  await torment.end();
  return well;
}

const missing = whyNoTorture();
if (missing !== undefined) {
  console.error(`portcall: no torture: ${missing}`);
  process.exit(1);
}
for (const { name, whyNot } of nativeEngines) {
  if (only.engine !== undefined && only.engine !== name) continue;
  if (whyNot !== undefined) console.log(`${name}: ${whyNot}`);
  else if (!(await torture(name))) process.exitCode = 1;
}
