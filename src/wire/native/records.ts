/**
 * The numbers of native/portcall.h that this side has to know.
 */

/** How the addon asks the kernel: its number there, and where everything that is read lies. */
export const backends = {
  epoll: { number: 0, arenaBytes: 1_048_576 },
  io_uring: { number: 1, arenaBytes: 4_194_304 },
} as const;

export type Backend = keyof typeof backends;

/** What a record tells. */
export const record = {
  read: 1,
  ended: 2,
  failed: 3,
  writable: 4,
  connected: 5,
  ready: 6,
} as const;

/** A record: its kind, the socket, and two numbers more. */
export const recordInts = 4;

/** The answer, which stands before everything else. */
export const scratchInts = 64;

/** Behind it: whether there is a batch under way, and how many sends have been left to its end. */
export const control = { batch: 0, sends: 1 } as const;
export const controlInts = 2;

/** Those sends, before the first record: the socket, offset, length, errno. */
export const sendInts = 4;
export const sendsMax = 1024;

/** Datagrams that are received at once: each has a place in memory, and a header behind all places. */
export const datagramsMax = 16;
export const datagramBytes = 65_536;
export const headerInts = 64;
/** What a header holds: the length, whether it was cut, and the two addresses. */
export const header = { length: 0, cut: 1, from: 2, to: 26 } as const;
