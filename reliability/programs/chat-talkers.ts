/**
 * Members of a chat room who talk at a steady pace; a latency is from when a line was due
 * until the next member has received it.
 */
import { ChatMember } from "./chat-member.ts";
import { answer, say, settings } from "../../test/support/program-lines.ts";

const { port, source, members, everyMs } = settings() as {
  readonly port: number;
  readonly source: string;
  readonly members: number;
  readonly everyMs: number;
};

const talkers = await Promise.all(
  Array.from({ length: members }, (_, index) => ChatMember.enter(port, source, `talker${index}`)),
);

const latenciesMs: number[] = [];
/** The due time of each line under way. */
const onTheirWay = new Map<string, number>();
let said = 0;
let timer: NodeJS.Timeout | undefined;
let allHeard = (): void => {};

for (const [index, talker] of talkers.entries()) {
  const neighbour = `<talker${(index + 1) % members}> `;
  talker.receives((line) => {
    if (!line.startsWith(neighbour)) return;
    const number = line.slice(neighbour.length);
    const dueAtMs = onTheirWay.get(number);
    if (dueAtMs === undefined) return;
    onTheirWay.delete(number);
    latenciesMs.push(performance.now() - dueAtMs);
    if (onTheirWay.size === 0) allHeard();
  });
}

say({ type: "ready" });

answer({
  begin() {
    const startedAtMs = performance.now();
    const dueAfterMs = everyMs / members;
    timer = setInterval(() => {
      const due = Math.floor((performance.now() - startedAtMs) / dueAfterMs) + 1;
      for (; said < due; said++) {
        const number = `line ${said}`;
        onTheirWay.set(number, startedAtMs + said * dueAfterMs);
        void talkers[said % members]?.says(number);
      }
    }, 1);
    return {};
  },
  async end() {
    clearInterval(timer);
    if (onTheirWay.size > 0 && talkers.every(({ socket }) => !socket.destroyed))
      await new Promise<void>((resolve) => {
        allHeard = resolve;
      });
    return {
      latenciesMs,
      lost: onTheirWay.size,
      out: talkers.filter(({ socket }) => socket.destroyed).length,
    };
  },
});
