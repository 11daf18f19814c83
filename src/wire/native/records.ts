/**
 * The numbers of native/portcall.h that this side has to know.
 */

/** Where everything that is read lies. */
export const arenaBytes = 1_048_576;

/** What a record tells. */
export const record = {
  read: 1,
  ended: 2,
  failed: 3,
  writable: 4,
  connected: 5,
  acceptable: 6,
} as const;

/** A record: its kind, the socket, and two numbers more. */
export const recordInts = 4;

/** What stands before the first record. */
export const answerInts = 24;
