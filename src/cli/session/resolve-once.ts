/**
 * Names of several targets, each looked up once: nobody's name server is to be asked a
 * thousand times for one range of ports.
 */
import type { SystemResolver } from "../../net/index.ts";

/**
 * A resolver that remembers what another one found. Each who asks has its own patience, and
 * `signal` gives up for all of them; after a failure, the next who asks has it tried anew.
 */
export function resolveOnce(resolve: SystemResolver, signal: AbortSignal): SystemResolver {
  const answers = new Map<string, ReturnType<SystemResolver>>();
  return (name, family) => {
    const key = `${name} ${family ?? "any"}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = resolve(name, family, signal);
    answers.set(key, answer);
    answer.catch(() => {
      answers.delete(key);
    });
    return answer;
  };
}
