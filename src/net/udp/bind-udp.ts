/** Opens a bound datagram socket on all addresses of a host. */
import type { TcpAddress } from "../../base/address/address.ts";
import { BoundUdpSocket } from "./datagram-socket.ts";
import { bindUdpSettings, type BindUdpOptions } from "../options/udp-settings.ts";
import { openOnAllAddresses } from "../server/listening.ts";
import { onWorkerDisconnect } from "../../wire/index.ts";

/**
 * Opens a datagram socket (UDP) that receives from all senders to its address.
 *
 * A datagram arrives complete or not at all. It may be lost, duplicated or reordered on the way, without
 * notice.
 *
 * @throws {TypeError} for an invalid option.
 * @throws {NetError} with stage `resolve` or `bind`.
 * @example
 * await using socket = await bindUdp({ port: 9000 });
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
