/**
 * `portcall listen -u`: talk to the senders of datagrams by hand.
 */
import { formatAddress, type Target } from "../../../base/address/address.ts";
import { NetError } from "../../../base/errors.ts";
import { bindUdp, type BoundUdpSocket } from "../../../net/index.ts";
import { exitOfError, type ExitName } from "../../exit.ts";
import { createReporter, type Reporter, type ReporterOptions } from "../../report/reporter.ts";
import { addressOf, listenAddress, type AddressOptions } from "../../args/address-arguments.ts";
import { groupToJoin, type GroupOptions } from "./multicast.ts";
import { Interruption } from "../../signals.ts";
import type { Terminal } from "../../tty/terminal.ts";
import { talkToPeers } from "./client-hub.ts";
import { firstPeer } from "./peer.ts";
import { relayDatagrams } from "./stdio-relay.ts";

interface Given extends ReporterOptions, AddressOptions, GroupOptions {
  readonly keep?: true;
  readonly timeout?: number;
  readonly "idle-timeout"?: number;
  readonly raw?: true;
  readonly hex?: true;
}

export async function listenDatagrams(target: Target, given: Given, terminal: Terminal): Promise<ExitName> {
  const reporter = createReporter(given, terminal);
  const raw = given.raw === true;
  try {
    const socket = await bindAddress(target, given, reporter);
    if (socket === undefined) return "interrupted";
    if (target.scheme === "udp" && target.port === 0) {
      terminal.say(`listening on ${formatAddress(socket.address)} (datagrams)`);
    }
    if (given.keep === true) return await talkToPeers(socket, terminal, { raw, reporter });
    // Receiving goes on after the end of stdin.
    return await relayDatagrams(firstPeer(socket), terminal, {
      raw,
      hex: given.hex === true,
      reporter,
      afterInput: undefined,
    });
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    await reporter.failed(error, addressOf(target));
    return exitOfError(error);
  }
}

/** Binds a target's address; `undefined` if a signal arrives first. */
export async function bindAddress(
  target: Target,
  given: AddressOptions &
    GroupOptions & { readonly timeout?: number | undefined; readonly "idle-timeout"?: number },
  reporter: Reporter,
): Promise<BoundUdpSocket | undefined> {
  const signals = new Interruption();
  try {
    return await signals.before(
      bindUdp({
        ...listenAddress(target, given),
        ...groupToJoin(target, given),
        engine: given.engine,
        inactivityTimeoutMs: given["idle-timeout"] ?? given.timeout ?? Infinity,
        ...reporter.datagramObservers,
      }),
    );
  } finally {
    signals.ignore();
  }
}
