/**
 * Looks each name of several targets up once, so that a port range does not cause a thousand queries.
 */
import type { SystemResolver } from "../../net/index.ts";

/**
 * A resolver that caches the results of another one. Each caller has its own timeout, and `signal` cancels for all of
 * them. After a failure, the next caller tries again.
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
