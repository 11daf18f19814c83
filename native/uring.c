/*
 * The back end for recent Linux: io_uring. One system call submits the results of a batch, its sends first, and
 * collects the completions for the next batch.
 *
 *     io_uring_enter ──▶ completions become records ──▶ one call of `dispatch` ──▶ again
 *
 * An eventfd wakes Node's loop. While there is work it stays readable, and the ring does not write to it.
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Fewer completions per call mean that no more are ready. */
#define GATHER_STEP 16
#define GATHER_MAX 12
/* Ready sockets taken from epoll at a time. */
#define WATCHED_MAX 64

/* Bytes that follow the last record's bytes of the same socket extend that record, up to one buffer. */
static bool extend_last_read(struct loop *loop, int32_t id, int32_t offset, int32_t length) {
  if (loop->records_count == 0) return false;
  int32_t *last = loop->records + (loop->records_count - 1) * RECORD_INTS;
  if (last[0] != RECORD_READ || last[1] != id || last[2] + last[3] != offset) return false;
  if (last[3] + length > BUFFER_BYTES) return false;
  last[3] += length;
  return true;
}

static void take_received(struct loop *loop, struct socket *socket, int32_t id, const struct io_uring_cqe *completion,
                          uint32_t offset) {
  if ((completion->flags & IORING_CQE_F_MORE) == 0) {
    socket->registered &= (uint8_t)~POLLIN;
    socket->cancelling = false;
    mark_changed(loop, socket);
  }
  int32_t result = completion->res;
  if (result > 0) {
    loop->turn_bytes += (size_t)result;
    if (!extend_last_read(loop, id, (int32_t)offset, result)) push_record(loop, RECORD_READ, id, (int32_t)offset, result);
  } else if (result == 0) {
    take_end(loop, socket, id);
  } else if (result == -ENOBUFS) {
    loop->ring->starved = true;
  } else if (result != -ECANCELED && result != -EINTR && result != -EAGAIN) {
    take_failure(loop, socket, id, -result);
  }
}

static void take_writable(struct loop *loop, struct socket *socket, int32_t id, int32_t result) {
  socket->registered &= (uint8_t)~POLLOUT;
  mark_changed(loop, socket);
  /* The poll completed only because the peer has ended: see uring_sockets.c. */
  bool only_end = result > 0 && (result & (POLLOUT | POLLERR | POLLHUP)) == 0;
  if (only_end && socket->kind == SOCKET_STREAM) {
    socket->half_closed = true;
    return;
  }
  if (socket->kind == SOCKET_CONNECTING) take_connected(loop, socket, id);
  else if ((socket->wanted & POLLOUT) != 0) push_record(loop, RECORD_WRITABLE, id, 0, 0);
}

/* A stream whose peer has ended: it is writable, or has an error, which the next send or read reports. */
static void take_half_closed(struct loop *loop, struct socket *socket, int32_t id, uint32_t events) {
  bool has_error = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if ((socket->wanted & POLLOUT) != 0) {
    if (has_error || (events & EPOLLOUT) != 0) push_record(loop, RECORD_WRITABLE, id, 0, 0);
  } else if (has_error && socket->ended) {
    int error = error_of(socket->fd);
    if (error != 0) push_record(loop, RECORD_FAILED, id, error, 0);
  }
}

/* Reports as many events of epoll as there is room for. epoll reports the rest again. */
static void take_watched(struct loop *loop) {
  struct epoll_event events[WATCHED_MAX];
  /* Each may need two records, and a change of interest that failed adds one. */
  int room = (RECORDS_MAX - loop->records_count - 1) / 2;
  int count = epoll_wait(loop->ring->epoll_fd, events, room < WATCHED_MAX ? room : WATCHED_MAX, 0);
  loop->ring->epoll_polled = false;
  for (int index = 0; index < count; index++) {
    struct socket *socket = watched_socket(loop, &events[index]);
    if (socket == NULL) continue;
    int32_t id = id_of(loop, socket);
    if (socket->kind == SOCKET_STREAM) take_half_closed(loop, socket, id, events[index].events);
    else take_ready(loop, socket, id, events[index].events);
  }
}

static void take(struct loop *loop, const struct io_uring_cqe *completion) {
  enum operation operation = operation_of(completion);
  if (operation == OPERATION_NONE || operation == OPERATION_SEND) return;
  if (operation == OPERATION_WATCH) {
    take_watched(loop);
    return;
  }
  int32_t id = (int32_t)(completion->user_data >> OPERATION_BITS);
  uint32_t offset = 0;
  /* The buffer has been used, even if its socket has been closed. */
  if (completion->res > 0 && (completion->flags & IORING_CQE_F_BUFFER) != 0)
    offset = buffers_take(loop->ring, completion);
  struct socket *socket = socket_of(loop, id);
  if (socket == NULL) return;
  if (operation == OPERATION_RECEIVE) take_received(loop, socket, id, completion, offset);
  else take_writable(loop, socket, id, completion->res);
  uring_take_detachable(loop, socket, id);
}

static void take_all(struct loop *loop) {
  struct ring *ring = loop->ring;
  unsigned head = *ring->completions_head, tail = ring_tail(ring);
  loop->in_batch = true;
  for (; head != tail && has_room(loop); head++) take(loop, ring_completion(ring, head));
  loop->in_batch = false;
  __atomic_store_n(ring->completions_head, head, __ATOMIC_RELEASE);
}

/* No work is left: from now on the ring writes to the eventfd. Also covers completions that arrived in between. */
static void go_idle(struct loop *loop) {
  struct ring *ring = loop->ring;
  uint64_t number;
  (void)!read(loop->wake_fd, &number, sizeof number);
  __atomic_store_n(ring->completions_flags, 0, __ATOMIC_SEQ_CST);
  struct pollfd ready = {.fd = ring->fd, .events = POLLIN};
  if (ring_waiting(ring) > 0 || poll(&ready, 1, 0) > 0) uring_wake(loop);
}

static void batch_over(struct loop *loop) {
  buffers_release(loop->ring);
}

/*
 * The kernel completes about twenty ready requests at a time. While it brings that many, more of them are collected
 * into one batch, because entering JavaScript costs more than asking again.
 */
static void gather(struct ring *ring) {
  unsigned unread = ring_tail(ring) - *ring->completions_head;
  bool more = unread == 0 || unread >= GATHER_STEP;
  for (int tries = 0; more && tries < GATHER_MAX; tries++) {
    unsigned before = ring_tail(ring);
    more = ring_enter(ring, true) == 0 && ring_tail(ring) - before >= GATHER_STEP;
  }
}

static void turn(struct loop *loop) {
  struct ring *ring = loop->ring;
  __atomic_store_n(ring->completions_flags, IORING_CQ_EVENTFD_DISABLED, __ATOMIC_SEQ_CST);
  for (int round = 0; round < FULL_ROUNDS_MAX && turn_may_continue(loop); round++) {
    uring_poll_epoll(ring);
    gather(ring);
    if (ring_is_empty(ring)) {
      go_idle(loop);
      return;
    }
    take_all(loop);
    bool reported = loop->records_count > 0;
    if (!deliver(loop)) return;
    if (!reported) batch_over(loop);
  }
}

static void submit(struct loop *loop) {
  uring_submit(loop, false);
}

/* io_uring waits only on descriptors in blocking mode. */
static void connected(struct socket *socket) {
  (void)fcntl(socket->fd, F_SETFL, 0);
}

static void close_uring(struct loop *loop) {
  struct ring *ring = loop->ring;
  /* Cancelled requests release their sockets now, and the kernel releases the arena. */
  for (int tries = 0; tries < 1000 && (ring_enter(ring, true), !ring_is_empty(ring)); tries++)
    __atomic_store_n(ring->completions_head, ring_tail(ring), __ATOMIC_RELEASE);
  ring_close(ring);
  close(ring->epoll_fd);
  free(ring);
  close(loop->wake_fd);
}

static int open_uring(struct loop *loop) {
  struct ring *ring = calloc(1, sizeof *ring);
  if (ring == NULL) return -ENOMEM;
  loop->ring = ring;
  loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  int failed = loop->wake_fd < 0 || epoll_fd < 0 ? -errno : ring_open(ring);
  ring->epoll_fd = epoll_fd;
  if (failed < 0) {
    if (loop->wake_fd >= 0) close(loop->wake_fd);
    if (epoll_fd >= 0) close(epoll_fd);
    free(ring);
    return failed;
  }
  failed = buffers_open(ring, loop->arena);
  if (failed == 0 &&
      syscall(__NR_io_uring_register, ring->fd, IORING_REGISTER_EVENTFD, &loop->wake_fd, 1) < 0)
    failed = -errno;
  if (failed < 0) close_uring(loop);
  return failed;
}

const struct backend uring_backend = {
    .arena_bytes = (size_t)BUFFERS * BUFFER_BYTES,
    .accept_flags = SOCK_CLOEXEC,
    .open = open_uring,
    .close = close_uring,
    .turn = turn,
    .register_interest = uring_register,
    .submit = submit,
    .flush_sends = uring_flush_sends,
    .batch_over = batch_over,
    .connected = connected,
    .has_unreported = uring_has_unreported,
    .close_fd = uring_close_fd,
    .detach_fd = uring_detach_fd,
};

/* Receives a word through a ring, as the back end would. */
static int receive_a_word(struct loop *loop, const int pair[2]) {
  struct ring *ring = loop->ring;
  int failed = ring_receive(ring, pair[0], 0);
  if (failed == 0 && write(pair[1], "word", 4) != 4) failed = -errno;
  if (failed == 0) failed = ring_enter(ring, true);
  if (failed < 0) return failed;
  if (ring_is_empty(ring)) return -EINVAL;
  const struct io_uring_cqe *completion = ring_completion(ring, *ring->completions_head);
  if (completion->res < 0) return completion->res;
  /* A kernel without such buffers reports an error, or uses up a whole buffer. */
  return completion->res == 4 && (completion->flags & IORING_CQE_F_BUF_MORE) != 0 ? 0 : -EINVAL;
}

int probe_uring(void) {
  struct loop loop = {.backend = &uring_backend};
  int pair[2];
  loop.arena = malloc(uring_backend.arena_bytes);
  if (loop.arena == NULL) return -ENOMEM;
  int failed = open_uring(&loop);
  if (failed == 0) {
    failed = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 ? -errno : 0;
    if (failed == 0) {
      failed = receive_a_word(&loop, pair);
      close(pair[0]);
      close(pair[1]);
    }
    close_uring(&loop);
  }
  free(loop.arena);
  return failed;
}
