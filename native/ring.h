/*
 * One io_uring: the memory shared with the kernel, and the functions of the back end.
 *
 * Uses raw system calls, because liburing is not on every machine. Names that older headers lack are defined here.
 */
#ifndef PORTCALL_RING_H
#define PORTCALL_RING_H

#include "portcall.h"

#include <linux/io_uring.h>

/* Since Linux 6.12: the kernel fills a buffer in steps, so that a few large buffers also serve small messages. */
#ifndef IORING_CQE_F_BUF_MORE
#define IORING_CQE_F_BUF_MORE (1U << 4)
#endif
#define BUFFER_RING_INCREMENTAL 2

/* The arena, into which the kernel reads, is divided into buffers. */
#define BUFFERS 16
#define BUFFER_BYTES (256 * 1024)

/* The kernel stops reading one socket after this much, and is asked again (since Linux 6.17). So a pause takes
 * effect in time. epoll has the same limit. A smaller one costs more system calls: see
 * docs/decisions/native-engine.md. */
#define RECEIVE_BYTES_MAX (128 * 1024)

/* Tests build small rings, which overflow soon: see test/wire/small-ring.test.ts. */
#ifndef RING_ENTRIES
#define RING_ENTRIES 1024
#endif
/* Room for a completion of each send of a batch, and for events of very many sockets. */
#ifndef COMPLETIONS
#define COMPLETIONS (16 * RING_ENTRIES)
#endif

/* The kind of a completion. The socket's id is in the bits above. */
enum operation {
  OPERATION_NONE, /* cancelled or closed: the result does not matter */
  OPERATION_RECEIVE,
  OPERATION_WATCH, /* no socket: the epoll instance has events */
  OPERATION_WRITABLE,
  OPERATION_SEND,    /* the bits above hold the number of the line, and above that the number of the batch */
};
#define OPERATION_BITS 8
#define NUMBER_BITS 32

struct ring {
  int fd;
  /* Watches listeners and datagram sockets: see watch.c. The ring polls this descriptor, with one request at a time. */
  int epoll_fd;
  bool epoll_polled;
  /* Counts the batches whose sends went through the ring. */
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
  /* The end of the entries written so far, submitted or not. */
  unsigned tail;
  struct io_uring_cqe *completions;
  unsigned *completions_head;
  unsigned *completions_tail;
  unsigned *completions_flags;
  unsigned completions_mask;
  unsigned completions_size;

  struct io_uring_buf_ring *buffers;
  uint8_t *arena;
  /* How far each buffer has been filled; and the full ones, until the batch is over. */
  uint32_t filled[BUFFERS];
  uint16_t full[BUFFERS];
  int full_count;
  /* The position in the ring of the buffer that the kernel is filling. */
  uint16_t first_buffer;
  /* A receive found no free buffer. */
  bool starved;
};

/* ring.c. Functions that return a number return 0 or -errno. */
int ring_open(struct ring *ring);
void ring_close(struct ring *ring);
/* An entry to fill in, all zero; NULL if the queue is full. */
struct io_uring_sqe *ring_entry(struct ring *ring, enum operation operation, int32_t number);
/* Submits the entries written so far. With `reap` it also completes what has become ready. */
int ring_enter(struct ring *ring, bool reap);
/* How many entries are written and not submitted. */
unsigned ring_waiting(const struct ring *ring);
/* How many more completions the queue has room for: none while the kernel holds some back for lack of room. */
unsigned ring_room(const struct ring *ring);
/* Polls a descriptor once. */
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

/* ring_buffers.c: received bytes in the arena. */
int buffers_open(struct ring *ring, uint8_t *arena);
/* The offset in the arena of this completion's bytes. */
uint32_t buffers_take(struct ring *ring, const struct io_uring_cqe *completion);
/* The batch is over: the kernel may overwrite the bytes that have been reported. */
void buffers_release(struct ring *ring);
int ring_receive(struct ring *ring, int fd, int32_t id);

/* uring_sockets.c: the requests for one socket, and the poll of the epoll instance. */
int uring_poll_epoll(struct ring *ring);
int uring_register(struct loop *loop, struct socket *socket);
void uring_close_fd(struct loop *loop, struct socket *socket);
int uring_detach_fd(struct loop *loop, struct socket *socket);
/* Reports that a socket can be detached, if that was waited for. Call it when a request has completed. */
void uring_take_detachable(struct loop *loop, const struct socket *socket, int32_t id);
bool uring_has_unreported(struct loop *loop, int32_t id);

/* uring_submit.c: submits outside a batch. If that fails, `uring_wake` makes Node's loop try again soon. */
void uring_submit(struct loop *loop, bool reap);
void uring_wake(struct loop *loop);

/* uring_sends.c */
int uring_flush_sends(struct loop *loop);

#endif
