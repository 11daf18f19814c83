/**
 * The forms of `nc`: what a line does, in the words by which the rows of flags reject them.
 */
import { fittingOptions, formOfWords } from "../args/forms.ts";
import type { NcValues } from "./flag-row.ts";
import { ncFlags } from "./flags.ts";
import type { NcLine } from "./getopt.ts";

/**
 * The form of a line, with one word of each kind:
 *
 *     tcp, udp, unix                            what carries the bytes
 *     connect, listen
 *     talk, probe, program, room                stdin and stdout, -z, -e and -c, --chat
 *     one, successive, many                     the number of clients; -k in nc's dialect means successive
 *     ncat connect, ncat listen                 forms in which ncat differs
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

/** @throws {UsageError} naming a flag that has no effect on this line, and why. */
export function refuseWithoutEffect(line: NcLine): void {
  const { given, spelling } = line;
  fittingOptions({
    given: given as Readonly<Record<string, unknown>>,
    table: ncFlags,
    typed: given as Readonly<Record<string, unknown>>,
    formOf: () => formOfWords(formOf(line)),
    spelling: (name) => spelling[name] ?? (name.length === 1 ? `-${name}` : `--${name}`),
  });
}
