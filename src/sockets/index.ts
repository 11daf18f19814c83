/// <reference types="node" preserve="true" />
/** `portcall/sockets`: the Sockets API of WinterTC. */
export { connect, createConnect, type CreateConnectOptions, type SocketConnect } from "./connect.ts";
export type { AnySocketAddress, SocketAddress } from "./socket-address.ts";
export { SocketError } from "./socket-error.ts";
export type { SecureTransport, SocketConnectOptions } from "./socket-options.ts";
export { Socket, type SocketInfo, type SocketStartTlsOptions } from "./socket.ts";
