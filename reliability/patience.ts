/** How long to wait for a program. Nothing here takes that long; what does is stuck. */
export const patienceMs = 120_000;
