/*
 * Submits requests outside a batch.
 */
#include "ring.h"

#include <unistd.h>

void uring_wake(struct loop *loop) {
  uint64_t number = 1;
  (void)!write(loop->wake_fd, &number, sizeof number);
}

void uring_submit(struct loop *loop, bool reap) {
  if (ring_enter(loop->ring, reap) < 0) uring_wake(loop);
}
