/**
 * Binding: a datagram socket on every address of a place.
 */
import type { TcpAddress } from "../../base/address/address.ts";
import { BoundUdpSocket } from "./datagram-socket.ts";
import { bindUdpSettings, type BindUdpOptions } from "../options/udp-settings.ts";
import { openOnAllAddresses } from "../server/listening.ts";
import { onWorkerDisconnect } from "../../wire/index.ts";

/**
 * Opens a datagram socket (UDP) that hears everybody who sends to its address.
 *
 * A datagram arrives whole or not at all; it may be lost, doubled or overtaken on its
 * way, and nothing says so.
 *
 * @throws {TypeError} for an option that cannot be.
 * @throws {NetError} with stage `resolve` or `bind`.
 * @example
 * await using socket = await bind({ port: 9000 });
 * for await (const { bytes, from } of socket) await socket.sendTo(bytes, from);
 */
export async function bindUdp(options: BindUdpOptions = {}): Promise<BoundUdpSocket> {
  const settings = bindUdpSettings(options);
  const opened = await openOnAllAddresses({ ...settings, path: undefined }, async (address) => {
    const wire = await settings.engine.openDatagrams(address as TcpAddress, settings.wire);
    return { wire, address: wire.local, close: () => Promise.resolve(wire.close()) };
  });
  const socket = new BoundUdpSocket(
    opened.map(({ wire }) => wire),
    settings,
  );
  void socket.closed.then(onWorkerDisconnect(() => void socket.close()));
  return socket;
}
