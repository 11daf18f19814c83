/*
 * One io_uring: the memory that is shared with the kernel, and what the parts of the back end do with it.
 *
 * By raw system calls, for liburing is not on every machine. What headers older than the
 * kernel do not name is named here.
 */
#ifndef PORTCALL_RING_H
#define PORTCALL_RING_H

#include "portcall.h"

#include <linux/io_uring.h>

/* Since Linux 6.12: a buffer is filled bit by bit, so that few large ones serve small messages too. */
#ifndef IORING_CQE_F_BUF_MORE
#define IORING_CQE_F_BUF_MORE (1U << 4)
#endif
#define BUFFER_RING_INCREMENTAL 2

/* What the kernel reads into: the arena, in so many parts. */
#define BUFFERS 16
#define BUFFER_BYTES (256 * 1024)

/* One socket is read at most this far before the kernel is asked again (since Linux 6.17), so that a pause takes effect in
 * time. epoll has the same limit. Less costs more system calls: see docs/decisions/native-engine.md. */
#define RECEIVE_BYTES_MAX (128 * 1024)

/* Tests build small ones, which overflow soon: see test/wire/small-ring.test.ts. */
#ifndef RING_ENTRIES
#define RING_ENTRIES 1024
#endif
/* A completion for each of the sends of a batch, and for what each of very many sockets has to tell. */
#ifndef COMPLETIONS
#define COMPLETIONS (16 * RING_ENTRIES)
#endif

/* What a completion is about; its socket's id stands above. */
enum operation {
  OPERATION_NONE, /* called off, or closed: nobody asks how that went */
  OPERATION_RECEIVE,
  OPERATION_WATCH, /* of no socket: something that epoll watches is ready */
  OPERATION_WRITABLE,
  OPERATION_SEND,    /* not an id above, but the line's number; and above that the batch's */
};
#define OPERATION_BITS 8
#define NUMBER_BITS 32

struct ring {
  int fd;
  /* Watches listeners and datagram sockets: see watch.c. It is watched by the ring in its turn, once at a time. */
  int epoll_fd;
  bool epoll_polled;
  /* Counts the batches whose sends the ring has carried out. */
  uint32_t batch;
  void *memory;
  size_t memory_bytes;
  struct io_uring_sqe *entries;
  size_t entries_bytes;
  unsigned *entries_head;
  unsigned *entries_tail;
  unsigned *entries_flags;
  unsigned entries_mask;
  unsigned entries_size;
  /* Written, but perhaps not submitted yet. */
  unsigned tail;
  struct io_uring_cqe *completions;
  unsigned *completions_head;
  unsigned *completions_tail;
  unsigned *completions_flags;
  unsigned completions_mask;
  unsigned completions_size;

  struct io_uring_buf_ring *buffers;
  uint8_t *arena;
  /* How much of each buffer has been filled; and those that are full, until the batch is over. */
  uint32_t filled[BUFFERS];
  uint16_t full[BUFFERS];
  int full_count;
  /* The position in the ring of the buffer that the kernel is filling. */
  uint16_t first_buffer;
  /* Somebody found no buffer. */
  bool starved;
};

/* ring.c. Those that return a number return 0 or -errno. */
int ring_open(struct ring *ring);
void ring_close(struct ring *ring);
/* An entry to be filled in, all zero; NULL if the kernel takes none. */
struct io_uring_sqe *ring_entry(struct ring *ring, enum operation operation, int32_t number);
/* Submits what has been written; with `reap` what has become ready is completed, too. */
int ring_enter(struct ring *ring, bool reap);
/* How much is written and not submitted. */
unsigned ring_waiting(const struct ring *ring);
/* How many completions find a place in the queue now: none while the kernel holds some back for want of one. */
unsigned ring_room(const struct ring *ring);
/* Watches a descriptor once. */
int ring_poll(struct ring *ring, int fd, uint32_t events, enum operation operation, int32_t number);
void ring_cancel(struct ring *ring, enum operation operation, int32_t number);

static inline unsigned ring_tail(const struct ring *ring) {
  return __atomic_load_n(ring->completions_tail, __ATOMIC_ACQUIRE);
}

static inline bool ring_is_empty(const struct ring *ring) {
  return *ring->completions_head == ring_tail(ring);
}

static inline struct io_uring_cqe *ring_completion(const struct ring *ring, unsigned position) {
  return &ring->completions[position & ring->completions_mask];
}

static inline enum operation operation_of(const struct io_uring_cqe *completion) {
  return completion->user_data & ((1 << OPERATION_BITS) - 1);
}

static inline uint64_t label_of(enum operation operation, int32_t number) {
  return (uint64_t)(uint32_t)number << OPERATION_BITS | operation;
}

/* ring_buffers.c: what is received lies in the arena. */
int buffers_open(struct ring *ring, uint8_t *arena);
/* Where in the arena the bytes of this completion lie. */
uint32_t buffers_take(struct ring *ring, const struct io_uring_cqe *completion);
/* The batch is over: the kernel may fill the memory of the bytes that have been told. */
void buffers_release(struct ring *ring);
int ring_receive(struct ring *ring, int fd, int32_t id);

/* uring_sockets.c: what is asked for one socket; and that the ring is told when what epoll watches is ready. */
int uring_poll_epoll(struct ring *ring);
int uring_register(struct loop *loop, struct socket *socket);
void uring_close_fd(struct loop *loop, struct socket *socket);
bool uring_has_unreported(struct loop *loop, int32_t id);

/* uring_submit.c: submits outside a batch. If that fails, `uring_wake` makes Node's loop try again soon. */
void uring_submit(struct loop *loop, bool reap);
void uring_wake(struct loop *loop);

/* uring_sends.c */
int uring_flush_sends(struct loop *loop);

#endif
