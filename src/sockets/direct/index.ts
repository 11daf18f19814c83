/// <reference types="node" preserve="true" />
/** `portcall/direct-sockets`: the Direct Sockets API of the WICG. */
export type { SocketDnsQueryType } from "./checks.ts";
export {
  TCPServerSocket,
  type TCPServerSocketOpenInfo,
  type TCPServerSocketOptions,
} from "./tcp-server-socket.ts";
export { TCPSocket, type TCPSocketOpenInfo, type TCPSocketOptions } from "./tcp-socket.ts";
export { UDPSocket, type UDPMessage, type UDPSocketOpenInfo, type UDPSocketOptions } from "./udp-socket.ts";
