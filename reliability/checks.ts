/** What is measured, one row each, in the order of the report. */
import type { Check } from "./check.ts";
import { idle } from "./checks/s1-idle.ts";
import { codecFuzz } from "./checks/s7-codec-fuzz.ts";
import { badCommandLines } from "./checks/s9-bad-lines.ts";
import { stuckReaders } from "./checks/s10-stuck-readers.ts";
import { slowDrip } from "./checks/s11-slow-drip.ts";
import { fewDescriptors } from "./checks/s12-descriptors.ts";
import { dataBeforeReset } from "./checks/s14-data-before-reset.ts";
import { terminalSafety } from "./checks/s16-terminal.ts";
import { execEnds } from "./checks/s18-exec.ts";
import { mixedLoad } from "./checks/s21-mixed.ts";
import { hostileClients } from "./checks/s22-hostile.ts";
import { hostileCrowd } from "./checks/s23-hostile-crowd.ts";

export const checks: readonly Check[] = [
  idle,
  codecFuzz,
  badCommandLines,
  stuckReaders,
  slowDrip,
  fewDescriptors,
  dataBeforeReset,
  terminalSafety,
  execEnds,
  mixedLoad,
  hostileClients,
  hostileCrowd,
];
