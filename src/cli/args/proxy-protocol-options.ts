/** The flags of servers behind a load balancer. */
import type { ReceivedProxyOptions } from "../../net/index.ts";
import { UsageError } from "../usage.ts";
import { forConnections } from "./forms.ts";
import { setting } from "./library-options.ts";
import type { SwitchRow, ValuedRow } from "./options.ts";
import { addressBlocks } from "./values.ts";

export const proxyProtocolOptions: {
  readonly "proxy-protocol": SwitchRow;
  readonly "proxy-protocol-from": ValuedRow<readonly string[]>;
} = {
  "proxy-protocol": {
    ...setting("proxyProtocol"),
    unfit: { udp: { why: forConnections, always: true } },
    brief: "require a PROXY protocol header of each load balancer, and serve the client that it names",
  },
  "proxy-protocol-from": {
    unfit: {
      udp: { why: forConnections, always: true },
      unix: "clients of a Unix socket have no address: leave out %",
    },
    needs: ["proxy-protocol"],
    brief: "the load balancers, as addresses or CIDR blocks: 10.0.0.0/8; others are reset; may be repeated",
    value: { placeholder: "<list>", read: addressBlocks, accumulates: "line" },
  },
};

interface Given {
  readonly "proxy-protocol"?: true;
  readonly "proxy-protocol-from"?: readonly string[];
}

/** @throws {UsageError} without a list of load balancers, which only a Unix socket does not need. */
export function readProxyProtocol(
  { "proxy-protocol": required, "proxy-protocol-from": trusted }: Given,
  isUnix: boolean,
): ReceivedProxyOptions | undefined {
  if (required === undefined) return undefined;
  if (trusted !== undefined) return { trusted };
  if (isUnix) return {};
  throw new UsageError("--proxy-protocol needs the load balancers: add --proxy-protocol-from 127.0.0.1");
}
