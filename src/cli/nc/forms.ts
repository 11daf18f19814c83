/**
 * The forms of `nc`: what a line does, in the words by which the rows of flags refuse.
 */
import { refuseUnfit } from "../args/forms.ts";
import { UsageError } from "../usage.ts";
import type { NcValues } from "./flag-row.ts";
import { ncFlags } from "./flags.ts";
import type { NcLine } from "./getopt.ts";

/**
 * One word of each kind:
 *
 *     tcp, udp, unix                            what carries the bytes
 *     connect, listen
 *     talk, probe, program, room                stdin and stdout, -z, -e and -c, --chat
 *     one, successive, many                     how many clients; -k in nc's dialect is one after the other
 *     ncat connect, ncat listen                 where ncat means something else
 */
function formOf({ given, dialect }: Pick<NcLine, "given" | "dialect">): string[] {
  const role = given.listen === true ? "listen" : "connect";
  const work = workOf(given);
  return [
    given.udp === true ? "udp" : given.unixsock === true ? "unix" : "tcp",
    role,
    work,
    work === "room"
      ? "many"
      : given["keep-open"] !== true
        ? "one"
        : isMany(work, dialect)
          ? "many"
          : "successive",
    ...(dialect === "ncat" ? [`ncat ${role}`] : []),
  ];
}

function workOf(given: NcValues): string {
  if (given.z === true) return "probe";
  if ((given.exec ?? given["sh-exec"]) !== undefined) return "program";
  return given.chat === true ? "room" : "talk";
}

function isMany(work: string, dialect: NcLine["dialect"]): boolean {
  return work === "program" || dialect === "ncat";
}

/** Flags of which a line can have one. */
export const exclusive: readonly (readonly string[])[] = [
  ["4", "6"],
  ["udp", "unixsock"],
  ["z", "exec", "sh-exec", "chat"],
  ["send-only", "recv-only"],
  ["N", "no-shutdown"],
  ["X", "proxy-type"],
];

/** Flags that say more of another, of which one has to be there. */
export const companions: Readonly<Record<string, readonly string[]>> = {
  X: ["x", "proxy"],
  "proxy-type": ["proxy"],
  "proxy-auth": ["proxy"],
};

/** @throws {UsageError} naming a flag that has no effect on this line, and why. */
export function refuseWithoutEffect(line: NcLine): void {
  const { given, spelling } = line;
  const spelled = (name: string): string => spelling[name] ?? (name.length === 1 ? `-${name}` : `--${name}`);
  for (const group of exclusive) {
    const [first, second] = group.filter((name) => Object.hasOwn(given, name));
    if (first !== undefined && second !== undefined) {
      throw new UsageError(`${spelled(first)} and ${spelled(second)} exclude each other`);
    }
  }
  refuseUnfit(given as Readonly<Record<string, unknown>>, ncFlags, formOf(line), spelled);
  for (const [name, others] of Object.entries(companions)) {
    if (!Object.hasOwn(given, name) || others.some((other) => Object.hasOwn(given, other))) continue;
    throw new UsageError(`${spelled(name)} has an effect only with ${others.map(spelled).join(" or ")}`);
  }
}
