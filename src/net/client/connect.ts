/**
 * Connecting, in order: parse the target, open a wire to it, directly or through a proxy, and retry if the
 * options say so. The result is an open connection, or one error with the stage at which it failed.
 */
import { formatTarget, targetOf, type Destination, type Target } from "../../base/address/address.ts";
import { NetError } from "../../base/errors.ts";
import { emit } from "../../base/events.ts";
import { raw, type Codec } from "../../codec/index.ts";
import { ByteConnection, type ConnectionOwner } from "../connection/byte-connection.ts";
import { connectSettings, type ConnectOptions, type ConnectSettings } from "../options/connect-settings.ts";
import { Connection } from "../connection/connection.ts";
import { TimerHeap } from "../timing/timer-heap.ts";
import { askForTls } from "./ask-for-tls.ts";
import { openWireThroughProxy, throughName } from "./connect-through-proxy.ts";
import { openWire, type WireTarget } from "./open-wire.ts";
import { refuseOnUnix } from "../options/checks.ts";
import { secureWire } from "./secure-wire.ts";
import { tlsClientSettings } from "../options/tls-client.ts";
import { retryLoop } from "./retry-loop.ts";
import { sendProxyHeader } from "./send-proxy-header.ts";
import { startTlsClient } from "./start-tls.ts";
import type { Wire } from "../../wire/index.ts";

let lastId = 0;

/**
 * Connects to `host:port`, `[::1]:80`, `tls://host:port`, `unix:/path` or `unix:@abstract`, to `{ host, port }` or
 * `{ path }`, or to the `address` of a server. `tls://host:port` is the same as `host:port` with the option `tls`.
 *
 * All addresses of a name are attempted in parallel, each with a head start over the next (RFC 8305). The
 * first one that connects is used. With `proxy`, the addresses are those of the proxy, which then connects
 * to the target. The connection is the same, except that its `remote` is the proxy. With `retry`, a
 * failure that may be temporary is attempted again.
 *
 * @throws {TypeError} for an invalid target or option.
 * @throws {NetError} with stage `resolve`, `connect` or `handshake` (of a proxy or of TLS), and all attempts,
 *   including those of retries, in `attempts` (at most the last thousand); `ERR_ABORTED` if the signal
 *   fired.
 * @example
 * await using connection = await connect("example.com:80");
 * await connection.write("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n");
 * for await (const chunk of connection) process.stdout.write(chunk);
 */
export function connect<In, Out>(
  target: Destination,
  options: ConnectOptions<In, Out> & { readonly codec: Codec<In, Out> },
): Promise<Connection<In, Out>>;
export function connect(target: Destination, options?: ConnectOptions): Promise<Connection>;
export async function connect<In, Out>(
  target: Destination,
  options: ConnectOptions<In, Out> = {},
): Promise<Connection<In, Out>> {
  const wanted = targetOf(target);
  return connectWith(wanted, connectSettings(options), options.codec);
}

/** `connect` for many targets with the same options, which are validated only once. */
export function connector(
  options: ConnectOptions<Uint8Array, Uint8Array>,
): (target: Target) => Promise<Connection> {
  const settings = { ...connectSettings(options), spareControllers: [] };
  return async (target) => connectWith(targetOf(target), settings, options.codec);
}

function connectWith<In, Out>(
  target: Target,
  settings: ConnectSettings,
  codec?: Codec<In, Out>,
): Promise<Connection<In, Out>> {
  switch (target.scheme) {
    case "udp":
      throw new TypeError(
        `target ${formatTarget(target)} is for datagrams, which have no connection: use connectUdp`,
      );
    case "tls": {
      const { host, port } = target;
      const tls = settings.tls ?? tlsClientSettings({});
      return connectOver({ scheme: "tcp", host, port }, { ...settings, tls }, codec);
    }
    default:
      return connectOver(target, settings, codec);
  }
}

async function connectOver<In, Out>(
  target: WireTarget,
  settings: ConnectSettings,
  codec: Codec<In, Out> = raw() as unknown as Codec<In, Out>,
): Promise<Connection<In, Out>> {
  if (settings.proxy !== undefined && target.scheme === "unix") {
    throw new TypeError(`proxy: a Unix socket, ${formatTarget(target)}, cannot be reached through a proxy`);
  }
  if (target.scheme === "unix") refuseOnUnix("connect", settings, formatTarget(target));
  const startedAtMs = settings.clock.now();
  try {
    const wire = await retryLoop(settings, (untilMs) => establish(target, settings, untilMs));
    const { proxy } = settings;
    const name = proxy === undefined ? formatTarget(target) : throughName(target, proxy);
    const owner: ConnectionOwner = {
      role: "client",
      settings,
      timers: new TimerHeap(settings.clock),
      peerName: proxy && name,
      startTls: (options) => startTlsClient(options, hostOf(target), name, settings),
    };
    const bytes = new ByteConnection({ id: ++lastId, owner, wire, startedAtMs });
    try {
      return new Connection(bytes, codec);
    } catch (thrown) {
      bytes.abort();
      throw thrown;
    }
  } catch (error) {
    if (error instanceof NetError) {
      emit(settings.onEvent, { type: "connectFailed", atMs: settings.clock.now(), error });
    }
    throw error;
  }
}

async function establish(target: WireTarget, settings: ConnectSettings, untilMs: number): Promise<Wire> {
  const { proxy, proxyHeader } = settings;
  const wire =
    proxy === undefined || target.scheme !== "tcp"
      ? await openWire(target, settings, untilMs)
      : await openWireThroughProxy(proxy, target, settings, untilMs);
  if (proxyHeader === undefined && settings.tls === undefined) return wire;
  const name = proxy === undefined ? formatTarget(target) : throughName(target, proxy);
  const ready =
    proxyHeader === undefined ? wire : await sendProxyHeader(wire, proxyHeader, name, settings, untilMs);
  if (settings.tls === undefined) return ready;
  const serverName = settings.tls.serverName ?? hostOf(target);
  const { startTls } = settings;
  const agreed =
    startTls === undefined ? ready : await askForTls(ready, startTls, serverName, name, settings, untilMs);
  return secureWire(agreed, { ...settings.tls, serverName }, name, settings, untilMs);
}

/** The name that a certificate of the target must be valid for. */
function hostOf(target: WireTarget): string {
  return target.scheme === "tcp" ? target.host : "localhost";
}
