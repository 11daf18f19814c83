/** The flag for servers that start TLS on request. */
import { startTlsNames, type StartTlsProtocol } from "../../net/index.ts";
import { quote } from "../../base/text/quote.ts";
import { suggest } from "../../base/text/suggest.ts";
import { UsageError } from "../usage.ts";
import { forConnections } from "./forms.ts";
import { setting } from "./library-options.ts";
import type { ValuedRow } from "./options.ts";
import type { ValueReader } from "./values.ts";

const protocol: ValueReader<StartTlsProtocol> = (typed, name) => {
  const known = startTlsNames.find((one) => one === typed);
  if (known !== undefined) return known;
  const meant = suggest(typed, startTlsNames);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  throw new UsageError(`${name} ${quote(typed)} is none of ${startTlsNames.join(", ")}${hint}`);
};

export const startTlsOptions: { readonly starttls: ValuedRow<StartTlsProtocol> } = {
  starttls: {
    ...setting("startTls"),
    unfit: { udp: forConnections, tls: "tls:// speaks TLS from the first byte: leave out %, or tls://" },
    brief: `ask the server to start TLS, in the plain text of ${startTlsNames.join(", ")}`,
    value: { placeholder: "<protocol>", read: protocol },
  },
};
