/** S11: clients that send a byte now and then, so that no idle timeout fires. */
import { enginesHere } from "../engines.ts";
import { tested } from "../tested.ts";

export const slowDrip = tested({
  name: "S11",
  title: "slow senders beside real clients",
  how:
    "The tests of test/failures/f009, on each engine that works here. 50 clients send a byte every 20 ms and never the end of their line, or nothing " +
    "at all. Each must be disconnected by its deadline, with the reason, while an honest client gets its answers. S22 measures the latency of " +
    "good clients beside 500 slow senders.",
  files: ["failures/f009-slow-drip"],
  testsMin: 2 * enginesHere().length,
});
