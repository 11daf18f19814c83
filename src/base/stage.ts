/** One stage of a connection's or a server's life. */
export type Stage =
  | "create"
  | "resolve"
  | "connect"
  | "handshake"
  | "bind"
  | "listen"
  | "accept"
  | "send"
  | "receive"
  | "close";
