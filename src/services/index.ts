/** The services that come with Portcall. */
import { chargen } from "./chargen.ts";
import { chat } from "./chat/chat.ts";
import { daytime } from "./daytime.ts";
import { discard } from "./discard.ts";
import { echo } from "./echo.ts";
import { reply } from "./reply.ts";
import type { ServiceEntry } from "./service.ts";
import { time } from "./time.ts";

export const services: readonly ServiceEntry[] = [reply, echo, chat, discard, daytime, time, chargen];

export { withFinalReply } from "./answering.ts";
export { AnswerGuard, answerBytesMax, type Unanswered } from "./answer-guard.ts";
export type { DatagramAnswer, ServiceEntry, ServiceOptions } from "./service.ts";
