/** What is measured, one row each, in the order of the report. */
import type { Score } from "./score.ts";
import { idle } from "./scores/s1-idle.ts";
import { codecFuzz } from "./scores/s7-codec-fuzz.ts";
import { everyCut } from "./scores/s8-every-cut.ts";
import { badCommandLines } from "./scores/s9-bad-lines.ts";
import { stuckReaders } from "./scores/s10-stuck-readers.ts";
import { slowDrip } from "./scores/s11-slow-drip.ts";
import { fewDescriptors } from "./scores/s12-descriptors.ts";
import { lastWords } from "./scores/s14-last-words.ts";
import { terminalSafety } from "./scores/s16-terminal.ts";
import { execEnds } from "./scores/s18-exec.ts";
import { leak } from "./scores/s21-leak.ts";
import { mixedLoad } from "./scores/s21b-mixed.ts";
import { hostileClients } from "./scores/s22-hostile.ts";
import { hostileCrowd } from "./scores/s23-hostile-crowd.ts";

export const scores: readonly Score[] = [
  idle,
  codecFuzz,
  everyCut,
  badCommandLines,
  stuckReaders,
  slowDrip,
  fewDescriptors,
  lastWords,
  terminalSafety,
  execEnds,
  leak,
  mixedLoad,
  hostileClients,
  hostileCrowd,
];
