/**
 * The verbs of `portcall`.
 */
import type { Command } from "../command.ts";
import { connectCommand } from "./connect.ts";
import { listenCommand } from "./listen.ts";
import { serveCommand } from "./serve.ts";

/** All of them, in the order in which help shows them. */
export const commands: readonly Command[] = [connectCommand, listenCommand, serveCommand];
