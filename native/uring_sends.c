/*
 * The sends of a batch, all of them with one system call.
 *
 * None of them waits (MSG_DONTWAIT), so that each has completed when the call returns. Of a socket that has
 * several lines only the first goes this way; the others are tried when it is known how that went.
 *
 * What the ring has sent must never be sent again, so its completion must be seen. The kernel holds a completion back
 * when the queue has no place for it. So sends go by the ring only if there is a place for each, whatever else
 * completes before them.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>

/* A receive completes at most so often before the kernel lets others have their turn (its MULTISHOT_MAX_RETRY), and
 * ends with one completion more. Nothing else completes more often. */
#define COMPLETIONS_PER_ENTRY 33
/* What one socket may be asked for anew: receiving, room, which completes once, and perhaps the watch of epoll. */
#define COMPLETIONS_PER_SOCKET (COMPLETIONS_PER_ENTRY + 2)

static uint64_t send_label(const struct ring *ring, int line) {
  return label_of(OPERATION_SEND, line) | (uint64_t)ring->batch << (OPERATION_BITS + NUMBER_BITS);
}

static void send_line(struct loop *loop, int line) {
  int32_t *send = loop->sends + line * SEND_INTS;
  send[3] = UNTRIED;
  struct socket *socket = socket_of(loop, send[0]);
  void *bytes = bytes_at(loop, send[1], send[2]);
  if (socket == NULL || socket->blocked || bytes == NULL) return;
  struct io_uring_sqe *entry = ring_entry(loop->ring, OPERATION_SEND, line);
  if (entry == NULL) return;
  entry->opcode = IORING_OP_SEND;
  entry->fd = socket->fd;
  entry->addr = (uintptr_t)bytes;
  entry->len = (uint32_t)send[2];
  entry->msg_flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  entry->user_data = send_label(loop->ring, line);
  socket->blocked = true;
  send[3] = SUBMITTED;
}

/* Looks for what came of them, from where the completions ended before. */
static void read_results(struct loop *loop, unsigned from, int count) {
  const struct ring *ring = loop->ring;
  for (unsigned at = from; at != ring_tail(ring); at++) {
    const struct io_uring_cqe *completion = ring_completion(ring, at);
    if (operation_of(completion) != OPERATION_SEND) continue;
    uint32_t line = (uint32_t)(completion->user_data >> OPERATION_BITS);
    if (line < (uint32_t)count && completion->user_data == send_label(ring, (int)line))
      loop->sends[line * SEND_INTS + 3] = completion->res;
  }
  /* Never seen, and if it should be after all: what may have been sent is not sent again. */
  for (int line = 0; line < count; line++)
    if (loop->sends[line * SEND_INTS + 3] == SUBMITTED) loop->sends[line * SEND_INTS + 3] = -EIO;
}

/* What the ring did not take goes by `send`, and will not be taken later. */
static void withdraw_sends(struct loop *loop) {
  struct ring *ring = loop->ring;
  for (unsigned at = ring->tail - ring_waiting(ring); at != ring->tail; at++) {
    struct io_uring_sqe *entry = &ring->entries[at & ring->entries_mask];
    if (entry->opcode != IORING_OP_SEND) continue;
    loop->sends[(uint32_t)(entry->user_data >> OPERATION_BITS) * SEND_INTS + 3] = UNTRIED;
    memset(entry, 0, sizeof *entry);
    entry->opcode = IORING_OP_NOP;
    entry->user_data = label_of(OPERATION_NONE, 0);
  }
}

int uring_flush_sends(struct loop *loop) {
  struct ring *ring = loop->ring;
  int count = loop->control[CONTROL_SENDS];
  unsigned room = ring_room(ring);
  unsigned needed = ring_waiting(ring) * COMPLETIONS_PER_ENTRY + (unsigned)count;
  if (count <= 0 || count > SENDS_MAX || needed > room) {
    int unsent = flush_sends(loop);
    /* The bytes of this batch are not needed any more, so the receives below may overwrite them. */
    if (unsent == 0) buffers_release(ring);
    apply_interest(loop);
    ring_enter(ring, true);
    return unsent;
  }
  loop->control[CONTROL_SENDS] = 0;
  ring->batch = (ring->batch + 1) & 0xffffff;
  unsigned from = ring_tail(ring);
  for (int line = 0; line < count; line++) send_line(loop, line);
  for (int line = 0; line < count; line++) {
    struct socket *socket = socket_of(loop, loop->sends[line * SEND_INTS]);
    if (socket != NULL) socket->blocked = false;
  }
  /* What comes behind the sends completes in the same call, and perhaps before them. */
  bool tight = needed + (unsigned)loop->listed_count * COMPLETIONS_PER_SOCKET > room;
  if (tight && ring_enter(ring, false) < 0) withdraw_sends(loop);
  /* Those who found no buffer would find none now either, before they are given back. */
  if (!ring->starved) apply_interest(loop);
  if (ring_enter(ring, true) < 0) withdraw_sends(loop);
  read_results(loop, from, count);
  return finish_sends(loop, count);
}
