/**
 * What a line of `serve` does, in the words by which the rows of its options refuse: see args/forms.ts.
 */
import type { Target } from "../../base/address/address.ts";
import { isGroup } from "../../base/address/ip.ts";
import { services, type ServiceEntry } from "../../services/index.ts";
import { chooseEngine, whyNoEpoll } from "../../wire/index.ts";
import { readAddress, type AddressOptions } from "../args/address-arguments.ts";
import { formOfWords, type Form } from "../args/forms.ts";
import { serviceFlags } from "./service-source.ts";
import { parseServeArguments } from "./arguments.ts";

const defaultAddress = ":8888";

export interface FormFlags extends AddressOptions {
  readonly exec?: string;
  readonly sh?: string;
  readonly fd?: number;
  readonly "reuse-port"?: true;
}

/**
 * The words:
 *
 *     udp, connection; unix, fd       what carries the bytes, and where it comes from
 *     no group                        where no multicast group is joined
 *     no shared ports                 --reuse-port, and an engine that cannot
 *     program, file                   what serves, if no service does; no file, for all but the last
 *     no welcome, no reply, …         flags that the service has no use for
 */
export function formOfServe(words: readonly string[], given: FormFlags): Form {
  const { service, file, addressArguments: addressWords } = parseServeArguments(words, given.unix === true);
  const target = given.fd === undefined ? serveTarget(addressWords, given) : undefined;
  const isUdp = target?.scheme === "udp";
  return {
    ...formOfWords([
      isUdp ? "udp" : "connection",
      target === undefined && "fd",
      target?.scheme === "unix" && "unix",
      !(isUdp && isGroup(target.host)) && "no group",
      file === undefined && "no file",
    ]),
    ...sharedPorts(given),
    ...sourceOf(service, file, given, isUdp),
  };
}

/** Where to listen, by the words that say so. */
export function serveTarget(addressWords: readonly string[], given: AddressOptions): Target {
  const isNamed = addressWords.length > 0 || given.unix === true;
  return readAddress(isNamed ? addressWords : [defaultAddress], given, { listening: true });
}

function sharedPorts(given: FormFlags): Form {
  if (given["reuse-port"] !== true) return {};
  if (chooseEngine(given.engine ?? "auto").options.includes("reusePort")) return {};
  const whyNot = whyNoEpoll();
  return { "no shared ports": whyNot === undefined ? "" : `, which does not work here: ${whyNot}` };
}

function sourceOf(
  service: ServiceEntry | undefined,
  file: string | undefined,
  { exec, sh }: FormFlags,
  isUdp: boolean,
): Form {
  if ((exec ?? sh) !== undefined) return { program: exec === undefined ? "--sh" : "--exec" };
  if (file !== undefined) return { file: "a handler file" };
  const entry = service ?? services[0];
  if (entry === undefined) return {};
  const unused = serviceFlags.filter((flag) => !entry.takes.includes(flag));
  // Of datagrams, the command counts those that have come itself.
  const refused = isUdp ? unused.filter((flag) => flag !== "messages") : unused;
  return Object.fromEntries(refused.map((flag) => [`no ${flag}`, entry.name]));
}
