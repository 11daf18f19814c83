/** `connect` of the WinterTC Sockets API, and the function that makes one with options of the library. */
import { record } from "../base/arguments.ts";
import { connect as connectTo, connector, type ConnectOptions } from "../net/index.ts";
import { socketTarget, type AnySocketAddress } from "./socket-address.ts";
import { socketSettings, type SocketConnectOptions } from "./socket-options.ts";
import { Socket } from "./socket.ts";

/** `connect` of the standard. */
export type SocketConnect = (address: AnySocketAddress, options?: SocketConnectOptions) => Socket;

/** Options of `createConnect`: those of `connect` of `portcall`, without `codec`, `signal` and `startTls`. */
export interface CreateConnectOptions extends Omit<ConnectOptions, "codec" | "signal" | "startTls"> {}

/**
 * Returns a `connect` of the standard whose connections have options of `portcall`, such as an engine, a proxy, retries
 * or your own certificate authority. `tls` applies to sockets with `secureTransport`.
 *
 * @throws {TypeError} for an invalid option.
 * @example
 * const connect = createConnect({ proxy: "socks5://localhost:1080", connectTimeoutMs: 2000 });
 * const socket = connect("example.com:443", { secureTransport: "on" });
 */
export function createConnect(options: CreateConnectOptions = {}): SocketConnect {
  record("createConnect: options", options);
  for (const name of ["codec", "signal", "startTls"]) {
    if (name in options) throw new TypeError(`createConnect: ${name} is no option of createConnect`);
  }
  // A wrong option is reported here, and not by each socket.
  connector(options);
  const { tls = {}, ...plain } = options;
  return (address, socketOptions) => {
    const target = socketTarget(address);
    const { secureTransport, allowHalfOpen, sni, alpn } = socketSettings(socketOptions);
    const tlsOptions = { ...tls, serverName: sni ?? tls.serverName, alpn: alpn ?? tls.alpn };
    return new Socket({
      secureTransport,
      allowHalfOpen,
      bytesBefore: () => 0,
      open: (signal) =>
        connectTo(target, {
          ...plain,
          signal,
          tls: secureTransport === "on" ? tlsOptions : undefined,
        }),
      startTls: (connection, signal, serverName = tlsOptions.serverName) =>
        connection.startTls({ ...tlsOptions, serverName, signal }),
    });
  };
}

/**
 * Connects, and returns a socket at once. This is `connect` of the Sockets API of WinterTC, as `cloudflare:sockets`
 * has it.
 *
 * @param address `"host:port"`, or `{ hostname, port }`.
 * @throws {SocketError} at once, for an address that cannot be, and for `sni` or `alpn` without TLS.
 * @throws {TypeError} at once, for an option of the wrong type.
 * @example
 * import { connect } from "portcall/sockets";
 *
 * const socket = connect("example.com:80");
 * const writer = socket.writable.getWriter();
 * await writer.write("GET / HTTP/1.0\r\nHost: example.com\r\n\r\n");
 * for await (const chunk of socket.readable) process.stdout.write(chunk);
 */
export function connect(address: AnySocketAddress, options: SocketConnectOptions = {}): Socket {
  return connectByDefault(address, options);
}

const connectByDefault = createConnect();
