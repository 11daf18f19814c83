/*
 * The sends of a batch, all of them with one system call.
 *
 * None of them waits (MSG_DONTWAIT), so that each has completed when the call returns. Of a socket that has
 * several lines only the first goes this way; the others are tried when it is known how that went.
 */
#include "ring.h"

static bool send_line(struct loop *loop, const int32_t *send, int line) {
  struct socket *socket = socket_of(loop, send[0]);
  void *bytes = bytes_at(loop, send[1], send[2]);
  if (socket == NULL || socket->stuck || bytes == NULL) return false;
  struct io_uring_sqe *entry = ring_entry(loop->ring, OPERATION_SEND, line);
  if (entry == NULL) return false;
  entry->opcode = IORING_OP_SEND;
  entry->fd = socket->fd;
  entry->addr = (uintptr_t)bytes;
  entry->len = (uint32_t)send[2];
  entry->msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  socket->stuck = true;
  return true;
}

/* Looks for what came of them, from where the completions ended before. */
static void read_results(struct loop *loop, unsigned from, int count) {
  const struct ring *ring = loop->ring;
  for (unsigned at = from; at != ring_tail(ring); at++) {
    const struct io_uring_cqe *completion = ring_completion(ring, at);
    if ((completion->user_data & ((1 << OPERATION_BITS) - 1)) != OPERATION_SEND) continue;
    uint64_t line = completion->user_data >> OPERATION_BITS;
    if (line < (uint64_t)count) loop->sends[line * SEND_INTS + 3] = completion->res;
  }
}

int uring_carry_out(struct loop *loop) {
  struct ring *ring = loop->ring;
  unsigned from = ring_tail(ring);
  int count = loop->control[CONTROL_SENDS];
  /* With many completions unread those of the sends might find no place. */
  bool crowded = from - *ring->completions_head > ring->completions_size / 2;
  if (count == 0 || count > SENDS_MAX || crowded) {
    int unsent = carry_out_sends(loop);
    settle_interest(loop);
    ring_enter(ring, true);
    return unsent;
  }
  loop->control[CONTROL_SENDS] = 0;
  for (int line = 0; line < count; line++) {
    loop->sends[line * SEND_INTS + 3] = UNTRIED;
    send_line(loop, loop->sends + line * SEND_INTS, line);
  }
  for (int line = 0; line < count; line++) {
    struct socket *socket = socket_of(loop, loop->sends[line * SEND_INTS]);
    if (socket != NULL) socket->stuck = false;
  }
  /* Those who found no buffer would find none now either, before they are given back. */
  if (!ring->starved) settle_interest(loop);
  if (ring_enter(ring, true) < 0) ring_withdraw_sends(ring);
  read_results(loop, from, count);
  return finish_sends(loop, count);
}
