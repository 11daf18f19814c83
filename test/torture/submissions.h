/*
 * Submissions to an io_uring, seen before the system call. An operation fails by being replaced with one that does
 * nothing and completes with the errno (IORING_NOP_INJECT_RESULT, Linux 6.10).
 */
#ifndef SUBMISSIONS_H
#define SUBMISSIONS_H

#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* In the order of faults.ts. */
enum call {
  CALL_SOCKET,
  CALL_BIND,
  CALL_LISTEN,
  CALL_ACCEPT,
  CALL_CONNECT,
  CALL_GETSOCKNAME,
  CALL_GETSOCKOPT,
  CALL_SETSOCKOPT,
  CALL_RECV,
  CALL_RECVMMSG,
  CALL_READ,
  CALL_SEND,
  CALL_SENDMSG,
  CALL_SHUTDOWN,
  CALL_EPOLL_CREATE,
  CALL_EPOLL_CTL,
  CALL_EPOLL_WAIT,
  CALL_ALLOCATE,
  CALL_MMAP,
  CALL_RING_SETUP,
  CALL_RING_REGISTER,
  CALL_RING_ENTER,
  CALL_RING_RECV,
  CALL_RING_SEND,
  CALL_RING_POLL,
  CALL_RING_CANCEL,
  CALL_RING_OTHER,
  CALLS,
};

#define NOP_INJECT_RESULT 1u
/* No index in front of the submissions: IORING_SETUP_NO_SQARRAY of newer headers. */
#define SETUP_NO_SQARRAY (1u << 16)

struct ring {
  int fd;
  struct io_uring_params params;
  uint8_t *indices;
  struct io_uring_sqe *submissions;
};

#define RINGS 64
static struct ring rings[RINGS];

static struct ring *ring_of(int fd) { return &rings[(unsigned)fd % RINGS]; }

static void note_ring(int fd, const struct io_uring_params *params) {
  *ring_of(fd) = (struct ring){.fd = fd, .params = *params};
}

static void note_ring_memory(int fd, int64_t offset, void *memory) {
  struct ring *ring = ring_of(fd);
  if (fd < 0 || ring->fd != fd) return;
  if (offset == IORING_OFF_SQ_RING) ring->indices = memory;
  if (offset == (int64_t)IORING_OFF_SQES) ring->submissions = memory;
}

/* The submission at this distance behind the next one; NULL if this library has not seen the ring being created. */
static struct io_uring_sqe *submission_at(int fd, uint32_t behind) {
  struct ring *ring = ring_of(fd);
  if (ring->fd != fd || ring->indices == NULL || ring->submissions == NULL) return NULL;
  const struct io_sqring_offsets *at = &ring->params.sq_off;
  uint32_t head = *(volatile uint32_t *)(ring->indices + at->head);
  uint32_t tail = *(volatile uint32_t *)(ring->indices + at->tail);
  if (behind >= tail - head) return NULL;
  uint32_t slot = (head + behind) & *(uint32_t *)(ring->indices + at->ring_mask);
  if ((ring->params.flags & SETUP_NO_SQARRAY) == 0) slot = ((uint32_t *)(ring->indices + at->array))[slot];
  return &ring->submissions[slot];
}

static enum call call_of(const struct io_uring_sqe *submission) {
  switch (submission->opcode) {
    case IORING_OP_RECV:
    case IORING_OP_RECVMSG: return CALL_RING_RECV;
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG: return CALL_RING_SEND;
    case IORING_OP_POLL_ADD: return CALL_RING_POLL;
    case IORING_OP_ASYNC_CANCEL:
    case IORING_OP_POLL_REMOVE: return CALL_RING_CANCEL;
    default: return CALL_RING_OTHER;
  }
}

static void spoil(struct io_uring_sqe *submission, int error) {
  uint64_t owner = submission->user_data;
  bool moves = call_of(submission) == CALL_RING_SEND;
  if (error == 0 && moves) {
    submission->len = 1;
    return;
  }
  memset(submission, 0, sizeof *submission);
  submission->opcode = IORING_OP_NOP;
  submission->rw_flags = NOP_INJECT_RESULT;
  submission->len = (uint32_t)-error;
  submission->user_data = owner;
}

#endif
