/**
 * What the system says when a call on a socket fails: every error that connect(2), bind(2),
 * listen(2), accept(2), send(2), recv(2), socket(2) and SO_ERROR can give on Linux (their
 * manual pages, and ip(7), tcp(7), udp(7), unix(7)).
 *
 * One row a code. Where a code means something else at one stage, or of a Unix socket, the row
 * says so in `at`; no failure is ever explained with the words of another.
 */
import type { Stage } from "./stage.ts";

/**
 * What kind of failure a code is. The command's exit code follows from it.
 *
 * - `refused`: the host, or the path, is reached, and nobody listens there.
 * - `unreachable`: nothing leads to the host.
 * - `silent`: no answer came in time.
 * - `reset`: the peer, or its machine, ended the connection.
 * - `address`: the local address cannot be had.
 * - `exhausted`: this process or this machine has run out of something.
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

/** Where a code may mean something else than its row says. */
export type Circumstance = Stage | "unix" | `unix ${Stage}`;

export interface Explanation {
  /** What has happened, in one sentence. */
  readonly meaning: string;
  /** What to try. */
  readonly remedy: string;
}

interface Variant extends Explanation {
  readonly kind?: FailureKind;
  readonly words?: string;
}

export interface SystemCode extends Explanation {
  /** What has happened, as a message says it before the code. */
  readonly words: string;
  /** The stages at which it comes up. */
  readonly stages: readonly Stage[];
  readonly kind: FailureKind;
  /** Whether it may pass by itself, so that connecting is worth another try. */
  readonly mayPass: boolean;
  readonly at?: Readonly<Partial<Record<Circumstance, Variant>>>;
}

const everyStage = ["connect", "bind", "listen", "accept", "send", "receive"] as const;

const ourFault: Pick<SystemCode, "remedy" | "kind" | "mayPass"> = {
  remedy: "Report it: either portcall has a fault, or other code in this process uses its descriptors.",
  kind: "fault",
  mayPass: false,
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
  meaning: "This machine has no such kind of socket: its kernel, or a sandbox, leaves it out.",
  remedy: "Use another family or kind of address, or a kernel that has it.",
  stages: ["connect", "bind"],
  kind: "unreachable",
  mayPass: false,
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
    remedy: "Check the port, and that the server runs and listens on that address.",
    stages: ["connect", "receive"],
    kind: "refused",
    mayPass: true,
    at: {
      unix: {
        meaning: "The file of the socket is there, and nobody listens behind it.",
        remedy: "Start the server; it replaces a file that a server which was killed has left.",
      },
    },
  },
  ENETUNREACH: {
    words: "no route to that network",
    meaning: "This machine has no route to that network.",
    remedy: "Check the route and the address family (IPv6 may not be set up here).",
    stages: ["connect", "receive", "send"],
    kind: "unreachable",
    mayPass: true,
  },
  EHOSTUNREACH: {
    words: "no route to that host",
    meaning: "A router, or this machine, says that the host cannot be reached.",
    remedy: "Check that the host is up and the route to it.",
    stages: ["connect", "receive", "send"],
    kind: "unreachable",
    mayPass: true,
  },
  ENETDOWN: {
    words: "the network is down",
    meaning: "The network interface on the way is down.",
    remedy: "Bring it up (`ip link set … up`), or use another route.",
    stages: ["connect", "bind", "accept", "send", "receive"],
    kind: "unreachable",
    mayPass: true,
  },
  ENETRESET: {
    words: "the network dropped the connection",
    meaning: "The network gave up the connection while it was in use.",
    remedy: "Connect again; check the network.",
    stages: ["connect", "send", "receive"],
    kind: "reset",
    mayPass: true,
  },
  EHOSTDOWN: {
    words: "the host is down",
    meaning: "The network says that the host is down.",
    remedy: "Check that the host is up.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "unreachable",
    mayPass: true,
  },
  ENONET: {
    words: "the machine is not on the network",
    meaning: "A router says that the host's network is unknown or isolated.",
    remedy: "Check the address and the network.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "unreachable",
    mayPass: true,
  },
  EACCES: {
    words: "permission denied",
    meaning:
      "The system forbids it: a privileged port, a prohibited route, a file's permissions, or a broadcast.",
    remedy: "Ask for the right that is missing.",
    stages: ["connect", "bind", "send"],
    kind: "unreachable",
    mayPass: false,
    at: {
      connect: {
        meaning: "A route or a firewall prohibits the way, or the address is a broadcast address.",
        remedy: "Check `ip route get` and the firewall; with -p, use a port of 1024 or more.",
      },
      bind: {
        meaning: "Ports below 1024 are for privileged processes, or a security policy forbids this one.",
        remedy: "Use a port of 1024 or more, or ask for CAP_NET_BIND_SERVICE.",
        kind: "address",
      },
      send: {
        meaning: "The address is a broadcast address, or a firewall forbids to send there.",
        remedy: "Set `broadcast` for datagrams to everybody; check the firewall.",
      },
      unix: {
        meaning: "You may not write to that socket's file, or not search a folder on the way to it.",
        remedy: "Check the permissions (`namei -l` shows them all), or run as a user who may.",
        kind: "forbidden",
      },
      "unix bind": {
        meaning: "You may not create a file in that folder, or not search a folder on the way to it.",
        remedy: "Choose a folder that you may write to, or change its permissions.",
        kind: "address",
      },
    },
  },
  EPERM: {
    words: "not permitted",
    meaning: "A rule of this machine forbids it: a firewall, a sandbox (seccomp, BPF) or a security policy.",
    remedy: "Check the firewall rules for outgoing packets, and the sandbox of this process.",
    stages: ["connect", "bind", "listen", "accept", "send"],
    kind: "forbidden",
    mayPass: false,
    at: {
      accept: {
        meaning: "A firewall rule of this machine forbids the client's connection.",
        remedy: "Check the firewall rules.",
      },
      "unix bind": {
        meaning: "The filesystem has no sockets, or the folder may not be changed.",
        remedy: "Choose a folder on another filesystem, such as /run or /tmp.",
        kind: "address",
      },
    },
  },
  EADDRINUSE: {
    words: "address already in use",
    meaning: "Another socket already has that address.",
    remedy: "Stop the other program, or listen on another port (0 lets the system choose).",
    stages: ["connect", "bind", "listen"],
    kind: "address",
    mayPass: true,
    at: {
      connect: {
        meaning: "The port to connect from is taken.",
        remedy: "Leave out -p, and the system chooses a free one.",
      },
      "unix bind": {
        meaning: "A server already listens at that path.",
        remedy: "Stop the other server, or choose another path.",
      },
    },
  },
  EADDRNOTAVAIL: {
    words: "not an address of this machine",
    meaning: "The address is not one of this machine's, or no local port is free.",
    remedy: "Listen on an address that `ip address` shows, or on 0.0.0.0 or ::.",
    stages: ["connect", "bind"],
    kind: "address",
    mayPass: true,
    at: {
      connect: {
        words: "no local address or port to connect from",
        meaning: "The system has no local address, or no free local port, for a connection to there.",
        remedy: "Check `ip address`; close connections, or widen net.ipv4.ip_local_port_range.",
      },
    },
  },
  EAFNOSUPPORT: {
    words: "this machine does not speak that address family",
    meaning: "This machine does not speak that address family; IPv6 is left out, or a sandbox forbids it.",
    remedy: "Use an address of the other family.",
    stages: ["connect", "bind", "listen"],
    kind: "unreachable",
    mayPass: false,
    at: {
      listen: {
        meaning: "The descriptor is a socket of neither TCP nor Unix.",
        remedy: "Hand over a TCP or a Unix stream socket that listens.",
        kind: "address",
      },
    },
  },
  ENODEV: {
    words: "no such network interface",
    meaning: "The zone behind % is not a network interface of this machine.",
    remedy: "Take the name of an interface that `ip link` shows.",
    stages: ["connect", "bind", "send"],
    kind: "unreachable",
    mayPass: true,
  },
  EINVAL: {
    words: "the system refuses that address",
    meaning:
      "The system refuses the address: a black hole of its routes, or a link-local address without its interface.",
    remedy: "Check `ip route get`; write the interface behind a link-local address, as in fe80::1%eth0.",
    stages: everyStage,
    kind: "unreachable",
    mayPass: false,
    at: {
      bind: {
        meaning: "The system refuses that address for listening.",
        remedy: "Write the interface behind a link-local address, as in fe80::1%eth0.",
        kind: "address",
      },
      listen: {
        words: "the socket does not listen",
        meaning: "The descriptor is a socket that does not listen.",
        remedy: "Have the parent process call listen(2) before it hands the socket over.",
        kind: "address",
      },
      accept: {
        words: "the socket does not listen any more",
        meaning: "The listening socket has been shut down, by other code that has it.",
        remedy: "Look for a program that shares the socket and shuts it down.",
      },
      send: {
        words: "the system refuses to send that",
        meaning: "The system refuses what is sent, or its options.",
        remedy: "Check the address that it is sent to, and the options of the socket.",
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
    remedy: "Check the path, and that the server runs.",
    stages: ["connect", "bind"],
    kind: "refused",
    mayPass: true,
    at: {
      bind: {
        words: "no such folder",
        meaning: "There is no such folder to make the socket in.",
        remedy: "Create the folder, or choose another path.",
        kind: "address",
      },
    },
  },
  ENOTSOCK: {
    words: "not a socket",
    meaning: "What is at that path, or behind that descriptor, is not a socket.",
    remedy:
      "Check the path; a file that is in the way is not removed, so choose another or remove it yourself.",
    stages: ["connect", "bind", "listen"],
    kind: "refused",
    mayPass: false,
  },
  EPROTOTYPE: {
    words: "not a stream socket",
    meaning: "The socket at that path, or behind that descriptor, is one for datagrams or packets.",
    remedy: "Portcall speaks with Unix stream sockets alone; check the path.",
    stages: ["connect", "listen"],
    kind: "refused",
    mayPass: false,
  },
  ENOTDIR: {
    words: "a part of the path is not a directory",
    meaning: "A part of the path is a file, where a folder should be.",
    remedy: "Check the path.",
    stages: ["connect", "bind"],
    kind: "refused",
    mayPass: false,
  },
  ELOOP: {
    words: "too many symbolic links",
    meaning: "The path leads through too many symbolic links, perhaps in a circle.",
    remedy: "Check the links on the way (`namei` shows them).",
    stages: ["connect", "bind"],
    kind: "refused",
    mayPass: false,
  },
  ENAMETOOLONG: {
    words: "the path is too long",
    meaning: "The path, or a name in it, is longer than the system allows: 107 bytes for a Unix socket.",
    remedy: "Use a shorter path, or a relative one.",
    stages: ["connect", "bind"],
    kind: "refused",
    mayPass: false,
  },
  EROFS: {
    words: "the filesystem is read-only",
    meaning: "The folder for the socket is on a filesystem that is read-only.",
    remedy: "Choose a folder that can be written to, such as /run or /tmp, or an abstract name (@name).",
    stages: ["connect", "bind"],
    kind: "address",
    mayPass: false,
  },
  ENOSPC: {
    words: "the disk is full",
    meaning: "The filesystem has no room for the socket's file.",
    remedy: "Make room, or choose a folder on another filesystem.",
    stages: ["bind"],
    kind: "exhausted",
    mayPass: true,
  },
  EDQUOT: {
    words: "the disk quota is used up",
    meaning: "Your quota of the filesystem has no room for the socket's file.",
    remedy: "Make room, or choose a folder on another filesystem.",
    stages: ["bind"],
    kind: "exhausted",
    mayPass: true,
  },
  EIO: {
    words: "the device failed",
    meaning: "The disk, or the network device, failed.",
    remedy: "Look into the kernel's log (`dmesg`).",
    stages: ["connect", "bind", "send", "receive"],
    kind: "address",
    mayPass: false,
  },
  EMFILE: {
    words: "no descriptors left in this process",
    meaning: "This process has as many descriptors open as it may.",
    remedy: "Raise `ulimit -n`, or open fewer connections at once (--concurrency).",
    ...descriptors,
  },
  ENFILE: {
    words: "no descriptors left on this machine",
    meaning: "All processes of this machine together have as many files open as they may.",
    remedy: "Close programs, or raise `sysctl fs.file-max`.",
    ...descriptors,
  },
  ENOBUFS: {
    words: "no buffers left",
    meaning: "The kernel has no memory left for socket buffers.",
    remedy:
      "Try again later, with fewer connections, or raise the kernel's limits (net.core, net.ipv4.tcp_mem).",
    ...memory,
  },
  ENOMEM: {
    words: "out of memory",
    meaning: "The kernel, or this process within its limits, has no memory left.",
    remedy: "Free memory, or raise the limit (`ulimit -v`, the container's).",
    ...memory,
  },
  ENOSR: {
    words: "out of streams resources",
    meaning: "The kernel has run out of something that it needs for a connection.",
    remedy: "Try again later, with fewer connections.",
    ...memory,
  },
  EAGAIN: {
    words: "the system is short of something for now",
    meaning: "The system cannot do it now, for lack of a port, an entry of a table or a buffer.",
    remedy: "Try again later, with fewer connections at once.",
    stages: everyStage,
    kind: "exhausted",
    mayPass: true,
  },
  ETIMEDOUT: {
    words: "the peer stopped answering",
    meaning: "The peer stopped acknowledging, and the system gave up on it.",
    remedy: "The peer or the network died; connect again.",
    stages: ["connect", "handshake", "receive", "send"],
    kind: "silent",
    mayPass: true,
    at: {
      connect: {
        words: "no answer",
        meaning: "The system has asked for a connection several times, and no answer came.",
        remedy: "Check the address and the firewall.",
      },
    },
  },
  ECONNRESET: {
    words: "reset by peer",
    meaning: "The peer reset the connection (RST): what was under way is lost.",
    remedy: "Look at the peer: it crashed, gave up, or closed with our bytes unread.",
    stages: ["connect", "handshake", "receive", "send"],
    kind: "reset",
    mayPass: true,
  },
  ECONNABORTED: {
    words: "the connection was aborted",
    meaning: "The connection was given up before it was there, by the peer or by this machine.",
    remedy: "Connect again; look at the peer.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "reset",
    mayPass: true,
  },
  EPIPE: {
    words: "the peer has gone",
    meaning: "The peer had gone when we sent.",
    remedy: "Look at the peer; what it said before is still delivered.",
    stages: ["connect", "handshake", "send"],
    kind: "reset",
    mayPass: true,
  },
  EPROTO: {
    words: "the protocol failed",
    meaning: "The peer's machine, or a device on the way, broke the rules of the protocol.",
    remedy: "Connect again; look at the devices on the way.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "reset",
    mayPass: true,
  },
  ENOPROTOOPT: {
    words: "the host does not speak that protocol",
    meaning: "The host answered that it does not speak the protocol.",
    remedy: "Check the address and the kind of socket.",
    stages: ["connect", "accept", "send", "receive"],
    kind: "refused",
    mayPass: false,
  },
  // Of the same number as EOPNOTSUPP, the name in the manual pages.
  ENOTSUP: {
    words: "that socket cannot do this",
    meaning: "The socket is of a kind that cannot listen, accept or send so.",
    remedy: "Check what kind of socket is at that address, or behind that descriptor.",
    stages: ["connect", "listen", "accept", "send"],
    kind: "refused",
    mayPass: false,
  },
  EMSGSIZE: {
    words: "too long for one datagram",
    meaning: "A datagram is longer than the network can carry: 65507 bytes over IPv4, 65527 over IPv6.",
    remedy: "Send less at once; up to 1200 bytes cross every network in one piece.",
    stages: ["send"],
    kind: "unreachable",
    mayPass: false,
  },
  EPROTONOSUPPORT: { words: "this machine does not speak that protocol", ...noSuchProtocol },
  ESOCKTNOSUPPORT: { words: "this machine has no sockets of that type", ...noSuchProtocol },
  EPFNOSUPPORT: { words: "this machine does not speak that protocol family", ...noSuchProtocol },
  ENOSYS: { words: "this kernel does not have that call", ...noSuchProtocol },
  EINTR: {
    words: "interrupted",
    meaning: "A signal interrupted the call.",
    remedy: "Try again.",
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
        words: "nothing is open there",
        meaning: "Nothing is open at that descriptor.",
        remedy: "Check the number, and that the parent process leaves the descriptor open.",
        kind: "address",
      },
    },
  },
  EFAULT: {
    words: "bad address of memory",
    meaning: "A call was given memory that is not there.",
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
    meaning: "The socket is not connected, or not any more.",
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

/** Where, and on what, a call failed. */
export interface FailedCall {
  readonly stage: Stage;
  /** The address, as a message names it; that of a Unix socket begins with `unix:`. */
  readonly address?: string | undefined;
}

/** The row of a code, as it holds for that call; `undefined` for a code that the table does not have. */
export function systemCodeOf(code: string, call?: FailedCall): SystemCode | undefined {
  if (!Object.hasOwn(systemCodes, code)) return undefined;
  const found: SystemCode = systemCodes[code as KnownSystemCode];
  if (call === undefined) return found;
  const isUnix = call.address?.startsWith("unix:") === true;
  const variant =
    (isUnix ? (found.at?.[`unix ${call.stage}`] ?? found.at?.unix) : undefined) ?? found.at?.[call.stage];
  return { ...found, ...variant };
}

/** The manual page of the call behind each stage. */
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

/** What can be said of a code that no table has: its name, its stage, and where to look. */
export function explainUnknownCode(code: string, stage: Stage): Explanation {
  return {
    meaning: `The system failed with ${code} at the stage ${stage}, which portcall has no words for.`,
    remedy: `Look ${code} up in ${manualPages[stage]} and errno(3).`,
  };
}
