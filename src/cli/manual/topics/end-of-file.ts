/** `portcall help end-of-file`: what converse.ts does, for people. */
import type { Topic } from "../topic.ts";

export const endOfFile: Topic = {
  name: "end-of-file",
  brief: "what happens when one side has nothing more to say",
  text: `A connection has two directions, and each ends by itself. The word for the end of one is
FIN: I have said everything, and go on listening.

When stdin ends (the end of a pipe or a file, or Ctrl-D on a terminal), FIN is sent, and
what the peer still says is received until its own FIN, without a time limit unless -w sets
one. So a question can be piped in and its answer is never cut off.

When the peer's FIN comes, everything it said is printed, and stdout ends at once. What
comes on stdin is still sent until it ends too; where a person types, the conversation is
over.

Neither direction waits for the other: while stdout is full, stdin is sent, and the other
way round.

A reset (RST) is no end but a cut: what was on its way is lost, except that everything the
peer had said before is printed first. It has an exit code of its own, 15; see
\`portcall help exit-codes\`. Ctrl-C ends the connection with a reset, and the command
with 130.`,
};
