/**
 * The errors of socket calls: every code that connect(2), bind(2), listen(2), accept(2), send(2),
 * recv(2), socket(2) and SO_ERROR can give on Linux (their manual pages, and ip(7), tcp(7), udp(7),
 * unix(7)).
 *
 * One row per code. `at` has the explanation for one stage or for Unix sockets where it differs.
 */
import type { Stage } from "./stage.ts";

/**
 * The kind of a failure, which determines the command's exit code.
 *
 * - `refused`: the host or path is reached, but nothing listens there.
 * - `unreachable`: the host or network is unreachable.
 * - `silent`: no answer in time.
 * - `reset`: the peer, or its machine, ended the connection.
 * - `address`: the local address is unusable.
 * - `exhausted`: this process or machine has run out of a resource.
 * - `forbidden`: a permission is missing.
 * - `fault`: a call that a correct program never makes.
 */
export type FailureKind =
  | "refused"
  | "unreachable"
  | "silent"
  | "reset"
  | "address"
  | "exhausted"
  | "forbidden"
  | "fault";

/** Where the meaning of a code differs from that of its row. */
export type Circumstance = Stage | "unix" | `unix ${Stage}`;

export interface Explanation {
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** What to try. */
  readonly fix: string;
}

interface Variant extends Explanation {
  readonly kind?: FailureKind;
  readonly words?: string;
}

export interface SystemCode extends Explanation {
  /** What happened, as a message states it before the code. */
  readonly words: string;
  /** The stages at which the code occurs. */
  readonly stages: readonly Stage[];
  readonly kind: FailureKind;
  /** Whether the failure may be temporary, so that `retry` attempts to connect again. */
  readonly mayPass?: true;
  readonly at?: Readonly<Partial<Record<Circumstance, Variant>>>;
}

const everyStage = ["connect", "bind", "listen", "accept", "send", "receive"] as const;

const ourFault: Pick<SystemCode, "fix" | "kind"> = {
  fix: "Report it: this is a bug in portcall, or other code in this process uses its descriptors.",
  kind: "fault",
};

const descriptors: Pick<SystemCode, "stages" | "kind" | "mayPass"> = {
  stages: ["connect", "bind", "accept"],
  kind: "exhausted",
  mayPass: true,
};

const memory: Pick<SystemCode, "stages" | "kind" | "mayPass"> = {
  stages: everyStage,
  kind: "exhausted",
  mayPass: true,
};

const noSuchProtocol: Omit<SystemCode, "words"> = {
  meaning: "This kernel, or a sandbox, does not support that kind of socket.",
  fix: "Use another address family or kind of socket, or a kernel that supports it.",
  stages: ["connect", "bind"],
  kind: "unreachable",
};

/** A code that the table explains. */
export type KnownSystemCode =
  | "ECONNREFUSED"
  | "ENETUNREACH"
  | "EHOSTUNREACH"
  | "ENETDOWN"
  | "ENETRESET"
  | "EHOSTDOWN"
  | "ENONET"
  | "EACCES"
  | "EPERM"
  | "EADDRINUSE"
  | "EADDRNOTAVAIL"
  | "EAFNOSUPPORT"
  | "ENODEV"
  | "EINVAL"
  | "ENOENT"
  | "ENOTSOCK"
  | "EPROTOTYPE"
  | "ENOTDIR"
  | "ELOOP"
  | "ENAMETOOLONG"
  | "EROFS"
  | "ENOSPC"
  | "EDQUOT"
  | "EIO"
  | "EMFILE"
  | "ENFILE"
  | "ENOBUFS"
  | "ENOMEM"
  | "ENOSR"
  | "EAGAIN"
  | "ETIMEDOUT"
  | "ECONNRESET"
  | "ECONNABORTED"
  | "EPIPE"
  | "EPROTO"
  | "ENOPROTOOPT"
  | "ENOTSUP"
  | "EMSGSIZE"
  | "EPROTONOSUPPORT"
  | "ESOCKTNOSUPPORT"
  | "EPFNOSUPPORT"
  | "ENOSYS"
  | "EINTR"
  | "EBADF"
  | "EFAULT"
  | "EALREADY"
  | "EINPROGRESS"
  | "EISCONN"
  | "ENOTCONN"
  | "EDESTADDRREQ";

export const systemCodes: Readonly<Record<KnownSystemCode, SystemCode>> = {
  ECONNREFUSED: {
    words: "refused",
    meaning: "The host answered that nothing listens on that port.",
    fix: "Check the port, and that the server runs and listens on that address.",
    stages: ["connect", "receive"],
    kind: "refused",
    mayPass: true,
    at: {
      unix: {
        meaning: "The socket's file exists, but nothing listens on it.",
        fix: "Start the server. It replaces a file left by a server that was killed.",
      },
    },
  },
  ENETUNREACH: {
    words: "no route to that network",
    meaning: "This machine has no route to that network.",
    fix: "Check the route and the address family (IPv6 may not be set up on this machine).",
    stages: ["connect", "receive", "send"],
    kind: "unreachable",
    mayPass: true,
  },
  EHOSTUNREACH: {
    words: "no route to that host",
    meaning: "A router, or this machine, reports that the host is unreachable.",
    fix: "Check that the host is up, and the route to it.",
    stages: ["connect", "receive", "send"],
    kind: "unreachable",
    mayPass: true,
  },
  ENETDOWN: {
    words: "the network is down",
    meaning: "The network interface of the route is down.",
    fix: "Bring it up (`ip link set … up`), or use another route.",
    stages: ["connect", "bind", "accept", "send", "receive"],
    kind: "unreachable",
    mayPass: true,
  },
  ENETRESET: {
    words: "the network dropped the connection",
    meaning: "The network dropped the connection while it was in use.",
    fix: "Connect again; check the network.",
    stages: ["connect", "send", "receive"],
    kind: "reset",
    mayPass: true,
  },
  EHOSTDOWN: {
    words: "the host is down",
    meaning: "The network reports that the host is down.",
    fix: "Check that the host is up.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "unreachable",
    mayPass: true,
  },
  ENONET: {
    words: "the machine is not on the network",
    meaning: "A router reports that the host's network is unknown or isolated.",
    fix: "Check the address and the network.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "unreachable",
    mayPass: true,
  },
  EACCES: {
    words: "permission denied",
    meaning:
      "The system forbids it: a privileged port, a prohibited route, file permissions, or a broadcast address.",
    fix: "Get the missing permission.",
    stages: ["connect", "bind", "send"],
    kind: "unreachable",
    at: {
      connect: {
        meaning: "A route or a firewall forbids the connection, or the address is a broadcast address.",
        fix: "Check `ip route get` and the firewall. With -p, use a port of 1024 or higher.",
      },
      bind: {
        meaning: "Ports below 1024 require privileges, or a security policy forbids this port.",
        fix: "Use a port of 1024 or higher, or get CAP_NET_BIND_SERVICE.",
        kind: "address",
      },
      send: {
        meaning: "The address is a broadcast address, or a firewall forbids sending to it.",
        fix: "Set `broadcast` to send to a broadcast address. Check the firewall.",
      },
      unix: {
        meaning:
          "You lack write permission for the socket's file, or search permission for a folder in its path.",
        fix: "Check the permissions (`namei -l` lists them), or run as a user who has them.",
        kind: "forbidden",
      },
      "unix bind": {
        meaning: "You lack write permission for that folder, or search permission for a folder in its path.",
        fix: "Choose a folder that you can write to, or change its permissions.",
        kind: "address",
      },
    },
  },
  EPERM: {
    words: "not permitted",
    meaning: "A rule of this machine forbids it: a firewall, a sandbox (seccomp, BPF) or a security policy.",
    fix: "Check the firewall rules for outgoing packets, and the sandbox of this process.",
    stages: ["connect", "bind", "listen", "accept", "send"],
    kind: "forbidden",
    at: {
      accept: {
        meaning: "A firewall rule of this machine forbids the client's connection.",
        fix: "Check the firewall rules.",
      },
      "unix bind": {
        meaning: "The filesystem does not support sockets, or the folder is read-only.",
        fix: "Choose a folder on another filesystem, such as /run or /tmp.",
        kind: "address",
      },
    },
  },
  EADDRINUSE: {
    words: "address already in use",
    meaning: "Another socket already has that address.",
    fix: "Stop the other program, or listen on another port (0 lets the system choose).",
    stages: ["connect", "bind", "listen"],
    kind: "address",
    mayPass: true,
    at: {
      connect: {
        meaning: "The local port is in use.",
        fix: "Leave out -p: the system then chooses a free port.",
      },
      "unix bind": {
        meaning: "A server already listens at that path.",
        fix: "Stop the other server, or choose another path.",
      },
    },
  },
  EADDRNOTAVAIL: {
    words: "not an address of this machine",
    meaning: "The address is not one of this machine's, or no local port is free.",
    fix: "Listen on an address that `ip address` lists, or on 0.0.0.0 or ::.",
    stages: ["connect", "bind"],
    kind: "address",
    mayPass: true,
    at: {
      connect: {
        words: "no local address or port to connect from",
        meaning: "This machine has no local address, or no free local port, for that destination.",
        fix: "Check `ip address`. Close connections, or widen net.ipv4.ip_local_port_range.",
      },
    },
  },
  EAFNOSUPPORT: {
    words: "this machine does not support that address family",
    meaning:
      "This machine does not support that address family: the kernel lacks IPv6, or a sandbox forbids it.",
    fix: "Use an address of the other family.",
    stages: ["connect", "bind", "listen"],
    kind: "unreachable",
    at: {
      listen: {
        meaning: "The descriptor is neither a TCP socket nor a Unix socket.",
        fix: "Hand over a TCP or a Unix stream socket that listens.",
        kind: "address",
      },
    },
  },
  ENODEV: {
    words: "no such network interface",
    meaning: "The zone after % is not a network interface of this machine.",
    fix: "Use the name of an interface that `ip link` lists.",
    stages: ["connect", "bind", "send"],
    kind: "unreachable",
    mayPass: true,
  },
  EINVAL: {
    words: "the system refuses that address",
    meaning:
      "The system refuses the address: its route is a black hole, or it is a link-local address without an interface.",
    fix: "Check `ip route get`. Write a link-local address with its interface, as in fe80::1%eth0.",
    stages: everyStage,
    kind: "unreachable",
    at: {
      bind: {
        meaning: "The system refuses to listen on that address.",
        fix: "Write a link-local address with its interface, as in fe80::1%eth0.",
        kind: "address",
      },
      listen: {
        words: "the socket does not listen",
        meaning: "The descriptor is a socket that does not listen.",
        fix: "Have the parent process call listen(2) before it hands the socket over.",
        kind: "address",
      },
      accept: {
        words: "the socket no longer listens",
        meaning: "Other code that shares the listening socket has shut it down.",
        fix: "Find the program that shares the socket and shuts it down.",
      },
      send: {
        words: "the system refuses to send that",
        meaning: "The system refuses the data, the destination, or the socket's options.",
        fix: "Check the destination address and the options of the socket.",
      },
      receive: {
        words: "the system refuses to receive",
        meaning: "The system refuses to receive with these options.",
        ...ourFault,
      },
    },
  },
  ENOENT: {
    words: "no such socket",
    meaning: "There is no such Unix socket.",
    fix: "Check the path, and that the server runs.",
    stages: ["connect", "bind"],
    kind: "refused",
    mayPass: true,
    at: {
      bind: {
        words: "no such folder",
        meaning: "The folder for the socket does not exist.",
        fix: "Create the folder, or choose another path.",
        kind: "address",
      },
    },
  },
  ENOTSOCK: {
    words: "not a socket",
    meaning: "The path, or the descriptor, is not a socket.",
    fix: "Check the path. A file that is not a socket is never replaced: choose another path, or remove it yourself.",
    stages: ["connect", "bind", "listen"],
    kind: "refused",
  },
  EPROTOTYPE: {
    words: "not a stream socket",
    meaning: "The socket at that path, or with that descriptor, is a datagram or packet socket.",
    fix: "Portcall supports only Unix stream sockets. Check the path.",
    stages: ["connect", "listen"],
    kind: "refused",
  },
  ENOTDIR: {
    words: "part of the path is not a directory",
    meaning: "Part of the path is a file where a folder is expected.",
    fix: "Check the path.",
    stages: ["connect", "bind"],
    kind: "refused",
  },
  ELOOP: {
    words: "too many symbolic links",
    meaning: "The path contains too many symbolic links, perhaps a loop.",
    fix: "Check the links in the path (`namei` lists them).",
    stages: ["connect", "bind"],
    kind: "refused",
  },
  ENAMETOOLONG: {
    words: "the path is too long",
    meaning: "The path, or a name in it, is longer than the system allows: 107 bytes for a Unix socket.",
    fix: "Use a shorter path, or a relative one.",
    stages: ["connect", "bind"],
    kind: "refused",
  },
  EROFS: {
    words: "the filesystem is read-only",
    meaning: "The folder for the socket is on a filesystem that is read-only.",
    fix: "Choose a writable folder, such as /run or /tmp, or an abstract name (@name).",
    stages: ["connect", "bind"],
    kind: "address",
  },
  ENOSPC: {
    words: "the disk is full",
    meaning: "The filesystem has no room for the socket's file.",
    fix: "Free disk space, or choose a folder on another filesystem.",
    stages: ["bind"],
    kind: "exhausted",
    mayPass: true,
  },
  EDQUOT: {
    words: "the disk quota is used up",
    meaning: "Your quota of the filesystem has no room for the socket's file.",
    fix: "Free disk space, or choose a folder on another filesystem.",
    stages: ["bind"],
    kind: "exhausted",
    mayPass: true,
  },
  EIO: {
    words: "the device failed",
    meaning: "The disk, or the network device, failed.",
    fix: "Look at the kernel log (`dmesg`).",
    stages: ["connect", "bind", "send", "receive"],
    kind: "address",
  },
  EMFILE: {
    words: "no descriptors left in this process",
    meaning: "This process has reached its limit of open descriptors.",
    fix: "Raise `ulimit -n`, or open fewer connections at once (--concurrency).",
    ...descriptors,
  },
  ENFILE: {
    words: "no descriptors left on this machine",
    meaning: "The machine has reached its limit of open files.",
    fix: "Close programs, or raise `sysctl fs.file-max`.",
    ...descriptors,
  },
  ENOBUFS: {
    words: "no buffers left",
    meaning: "The kernel has no memory left for socket buffers.",
    fix: "Try again later, with fewer connections, or raise the kernel's limits (net.core, net.ipv4.tcp_mem).",
    ...memory,
  },
  ENOMEM: {
    words: "out of memory",
    meaning: "The kernel, or this process within its limits, has no memory left.",
    fix: "Free memory, or raise the limit (`ulimit -v`, the container's).",
    ...memory,
  },
  ENOSR: {
    words: "out of streams resources",
    meaning: "The kernel has run out of a resource that the connection needs.",
    fix: "Try again later, with fewer connections.",
    ...memory,
  },
  EAGAIN: {
    words: "the system lacks a resource for now",
    meaning: "The system temporarily lacks a port, a table entry or a buffer.",
    fix: "Try again later, with fewer connections at once.",
    stages: everyStage,
    kind: "exhausted",
    mayPass: true,
  },
  ETIMEDOUT: {
    words: "the peer stopped answering",
    meaning: "The peer stopped acknowledging data, and the system gave up.",
    fix: "The peer or the network died; connect again.",
    stages: ["connect", "handshake", "receive", "send"],
    kind: "silent",
    mayPass: true,
    at: {
      connect: {
        words: "no answer",
        meaning: "The system sent several SYN packets and received no answer.",
        fix: "Check the address and the firewall.",
      },
    },
  },
  ECONNRESET: {
    words: "reset by peer",
    meaning: "The peer reset the connection (RST). Data in transit is lost.",
    fix: "Check the peer: it crashed, aborted, or closed with unread data.",
    stages: ["connect", "handshake", "receive", "send"],
    kind: "reset",
    mayPass: true,
  },
  ECONNABORTED: {
    words: "the connection was aborted",
    meaning: "The connection was aborted before it was established, by the peer or by this machine.",
    fix: "Connect again. Check the peer.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "reset",
    mayPass: true,
  },
  EPIPE: {
    words: "the peer has closed the connection",
    meaning: "The peer had closed the connection when we sent.",
    fix: "Check the peer. Data that it sent before is still delivered.",
    stages: ["connect", "handshake", "send"],
    kind: "reset",
    mayPass: true,
  },
  EPROTO: {
    words: "the protocol failed",
    meaning: "The peer's machine, or a device on the route, violated the protocol.",
    fix: "Connect again. Check the devices on the route.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "reset",
    mayPass: true,
  },
  ENOPROTOOPT: {
    words: "the host does not support that protocol",
    meaning: "The host answered that it does not support the protocol.",
    fix: "Check the address and the kind of socket.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "refused",
  },
  // Has the same number as EOPNOTSUPP, the name in the manual pages.
  ENOTSUP: {
    words: "the socket does not support this",
    meaning: "That kind of socket cannot listen, accept or send this way.",
    fix: "Check which kind of socket is at that address or descriptor.",
    stages: ["connect", "listen", "accept", "send"],
    kind: "refused",
  },
  EMSGSIZE: {
    words: "too long for one datagram",
    meaning: "The datagram is longer than the network can carry: 65507 bytes over IPv4, 65527 over IPv6.",
    fix: "Send less at once. Up to 1200 bytes cross practically every network unfragmented.",
    stages: ["send"],
    kind: "unreachable",
  },
  EPROTONOSUPPORT: { words: "this machine does not support that protocol", ...noSuchProtocol },
  ESOCKTNOSUPPORT: { words: "this machine has no sockets of that type", ...noSuchProtocol },
  EPFNOSUPPORT: { words: "this machine does not support that protocol family", ...noSuchProtocol },
  ENOSYS: { words: "this kernel does not have that system call", ...noSuchProtocol },
  EINTR: {
    words: "interrupted",
    meaning: "A signal interrupted the call.",
    fix: "Try again.",
    stages: everyStage,
    kind: "exhausted",
    mayPass: true,
  },
  EBADF: {
    words: "the descriptor is not open",
    meaning: "The descriptor of the socket is not open.",
    stages: everyStage,
    ...ourFault,
    at: {
      listen: {
        words: "the descriptor is not open",
        meaning: "The descriptor is not open.",
        fix: "Check the number, and that the parent process leaves the descriptor open.",
        kind: "address",
      },
    },
  },
  EFAULT: {
    words: "invalid memory address",
    meaning: "A call was given an invalid memory address.",
    stages: everyStage,
    ...ourFault,
  },
  EALREADY: {
    words: "it is already being connected",
    meaning: "The socket is being connected already.",
    stages: ["connect", "send"],
    ...ourFault,
  },
  EINPROGRESS: {
    words: "it is already being connected",
    meaning: "The socket is being connected already.",
    stages: ["connect"],
    ...ourFault,
  },
  EISCONN: {
    words: "it is connected already",
    meaning: "The socket is connected already.",
    stages: ["connect", "send"],
    ...ourFault,
  },
  ENOTCONN: {
    words: "it is not connected",
    meaning: "The socket is not connected, or no longer.",
    stages: ["send", "receive"],
    ...ourFault,
  },
  EDESTADDRREQ: {
    words: "no destination is set",
    meaning: "The socket has no destination to send to.",
    stages: ["send"],
    ...ourFault,
  },
};

/** The stage and address of a failed call. */
export interface FailedCall {
  readonly stage: Stage;
  /** The address as a message shows it; that of a Unix socket begins with `unix:`. */
  readonly address?: string | undefined;
}

/** The row of a code, adapted to that call; `undefined` for a code that the table lacks. */
export function systemCodeOf(code: string, call?: FailedCall): SystemCode | undefined {
  if (!Object.hasOwn(systemCodes, code)) return undefined;
  const found: SystemCode = systemCodes[code as KnownSystemCode];
  if (call === undefined) return found;
  const isUnix = call.address?.startsWith("unix:") === true;
  const variant =
    (isUnix ? (found.at?.[`unix ${call.stage}`] ?? found.at?.unix) : undefined) ?? found.at?.[call.stage];
  return { ...found, ...variant };
}

/** The manual page of the system call of each stage. */
const manualPages: Readonly<Record<Stage, string>> = {
  create: "socket(2)",
  resolve: "getaddrinfo(3)",
  connect: "connect(2)",
  handshake: "recv(2)",
  bind: "bind(2)",
  listen: "listen(2)",
  accept: "accept(2)",
  send: "send(2)",
  receive: "recv(2)",
  close: "close(2)",
};

/** The explanation of a code that no table has: its name, its stage, and where to look it up. */
export function explainUnknownCode(code: string, stage: Stage): Explanation {
  return {
    meaning: `The system failed with ${code} at the stage ${stage}, which portcall does not explain.`,
    fix: `Look ${code} up in ${manualPages[stage]} and errno(3).`,
  };
}
