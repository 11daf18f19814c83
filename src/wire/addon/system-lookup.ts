/**
 * Name lookups with the system's `getaddrinfo`, on threads of the addon (native/resolve.c).
 */
import { getSystemErrorName } from "node:util";
import { loadAddon, type NativeLookups } from "./addon.ts";

/** The answer of `getaddrinfo`: addresses in its order; or its code, as in `EAI_NONAME`, or the name of an errno. */
export type SystemAnswer =
  | { readonly addresses: readonly string[] }
  | { readonly code: string; readonly addresses?: undefined };

type Answered = (answer: SystemAnswer) => void;

/** One lookup that several callers wait for. */
interface PendingLookup {
  readonly id: number;
  readonly lookup: object;
  readonly waiting: Set<Answered>;
}

/** Pending lookups, by family and name. */
const pending = new Map<string, PendingLookup>();
const keys = new Map<number, string>();
let lookups: NativeLookups | undefined;
let lastId = 0;

/**
 * Asks the system for the addresses of a name. Callers that ask for the same name at the same time share one lookup.
 *
 * @param family 4 or 6 to ask for one family, 0 for both
 * @param answered called once, later, unless the lookup is cancelled first
 * @returns a function that cancels it; `undefined` if the addon or a thread for it is missing
 */
export function systemLookup(name: string, family: 0 | 4 | 6, answered: Answered): (() => void) | undefined {
  const key = `${family} ${name}`;
  const one = pending.get(key) ?? start(key, name, family);
  if (one === undefined) return undefined;
  // Each caller has an entry of its own, even if two pass the same function.
  const entry: Answered = (answer) => {
    answered(answer);
  };
  one.waiting.add(entry);
  return () => {
    if (!one.waiting.delete(entry) || one.waiting.size > 0 || pending.get(key) !== one) return;
    remove(key, one);
    lookups?.cancel(one.lookup);
  };
}

function start(key: string, name: string, family: 0 | 4 | 6): PendingLookup | undefined {
  const loaded = loadAddon();
  if ("whyNot" in loaded) return undefined;
  lookups ??= loaded.addon.openLookups(settle);
  const id = ++lastId;
  const lookup = lookups.ask(name, family, id);
  if (typeof lookup === "number") return undefined;
  const one = { id, lookup, waiting: new Set<Answered>() };
  pending.set(key, one);
  keys.set(id, key);
  return one;
}

function remove(key: string, { id }: PendingLookup): void {
  pending.delete(key);
  keys.delete(id);
}

function settle(id: number, addresses: readonly string[] | undefined, code: string, errno: number): void {
  const key = keys.get(id);
  const one = key === undefined ? undefined : pending.get(key);
  if (key === undefined || one === undefined) return;
  remove(key, one);
  const answer = addresses === undefined ? { code: failureName(code, errno) } : { addresses };
  for (const answered of one.waiting) answered(answer);
}

/** EAI_SYSTEM only says that errno has the reason. */
function failureName(code: string, errno: number): string {
  if (code === "EAI_SYSTEM" && errno > 0) return getSystemErrorName(-errno);
  // The addresses could not be converted, because memory has run out.
  return code === "" ? "EAI_MEMORY" : code;
}
