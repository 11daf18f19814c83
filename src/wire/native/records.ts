/**
 * The constants of native/portcall.h that TypeScript needs.
 */

/** The addon's number of each back end, and the size of its arena. */
export const backends = {
  epoll: { number: 0, arenaBytes: 1_048_576 },
  io_uring: { number: 1, arenaBytes: 4_194_304 },
} as const;

export type Backend = keyof typeof backends;

/** The kinds of records. */
export const record = {
  read: 1,
  ended: 2,
  failed: 3,
  writable: 4,
  connected: 5,
  ready: 6,
  detachable: 7,
} as const;

/** A record: its kind, the socket, and two more numbers. */
export const recordInts = 4;

/** The scratch memory, in front of everything else. */
export const scratchInts = 64;

/** Then: whether a batch is running, and how many sends are deferred. */
export const control = { batch: 0, sends: 1 } as const;
export const controlInts = 2;

/** Then the deferred sends, in front of the first record: socket, offset, length, errno. */
export const sendInts = 4;
export const sendsMax = 1024;

/** Datagrams received at once: room for the bytes of each, then a header for each. */
export const datagramsMax = 16;
export const datagramBytes = 65_536;
export const headerInts = 64;
/** A header: the length, whether it was truncated, and the two addresses. */
export const header = { length: 0, cut: 1, from: 2, to: 26 } as const;
