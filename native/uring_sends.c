/*
 * Performs the sends of a batch with one system call.
 *
 * No send waits (MSG_DONTWAIT), so each has completed when the call returns. If a socket has several lines, only the
 * first uses the ring. The others are tried when its result is known.
 *
 * Bytes that the ring has sent must never be sent again, so their completion must be seen. The kernel holds a
 * completion back when the queue has no room. So sends use the ring only if there is room for each, whatever else
 * completes before them.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>

/* The most completions of one receive before the kernel serves other requests (its MULTISHOT_MAX_RETRY), plus the
 * final one. No other request completes more often. */
#define COMPLETIONS_PER_ENTRY 33
/* The new requests of one socket: a receive, a poll for room, which completes once, and perhaps the poll of epoll. */
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

/* Reads the results of the sends, from where the completions ended before. */
static void read_results(struct loop *loop, unsigned from, int count) {
  const struct ring *ring = loop->ring;
  for (unsigned at = from; at != ring_tail(ring); at++) {
    const struct io_uring_cqe *completion = ring_completion(ring, at);
    if (operation_of(completion) != OPERATION_SEND) continue;
    uint32_t line = (uint32_t)(completion->user_data >> OPERATION_BITS);
    if (line < (uint32_t)count && completion->user_data == send_label(ring, (int)line))
      loop->sends[line * SEND_INTS + 3] = completion->res;
  }
  /* No completion was seen. The bytes may have been sent, so they are not sent again. */
  for (int line = 0; line < count; line++)
    if (loop->sends[line * SEND_INTS + 3] == SUBMITTED) loop->sends[line * SEND_INTS + 3] = -EIO;
}

/* Sends that the ring did not take use send() instead. Their entries become no-ops. */
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
  /* Requests after the sends complete in the same call, and perhaps before them. */
  bool tight = needed + (unsigned)loop->listed_count * COMPLETIONS_PER_SOCKET > room;
  if (tight && ring_enter(ring, false) < 0) withdraw_sends(loop);
  /* Receives that found no buffer would find none now either. Buffers are given back at the end of the batch. */
  if (!ring->starved) apply_interest(loop);
  if (ring_enter(ring, true) < 0) withdraw_sends(loop);
  read_results(loop, from, count);
  return finish_sends(loop, count);
}
