/*
 * The back end for every Linux: epoll, and a system call for each read.
 *
 *     epoll_wait ──▶ read every ready socket into the arena ──▶ one call of `dispatch` ──▶ again
 *      (at most EVENTS_MAX)      (as long as there is room)                     (see ROUNDS_MAX)
 *
 * Events that a turn has no time for are kept for the next turn. epoll has already moved their sockets to the end of
 * its list. If the events were dropped, the sockets before them would be read first every time.
 *
 * Level-triggered: epoll reports unread bytes again, whatever the reason. A read can stop before urgent data, or a
 * batch can be full. A socket with no wanted events stays registered without any event, edge-triggered. epoll always
 * reports errors and hang-ups. Edge-triggered, it reports them once and does not spin.
 */
#include "portcall.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

/* All reads of a batch. JavaScript is called when there is no room for another read. */
#define ARENA_BYTES (1024 * 1024)
/* The limit of one read, so that one busy socket does not fill the batch. */
#define READ_BYTES_MAX (128 * 1024)
/* Events taken from the kernel at a time. */
#define EVENTS_MAX 256

/* What epoll has reported. Events before `next` have been handled. */
struct ready_events {
  struct epoll_event events[EVENTS_MAX];
  int count;
  int next;
};

static void take_reading(struct loop *loop, struct socket *socket, int32_t id) {
  ssize_t count;
  do count = recv(socket->fd, loop->arena + loop->arena_used, READ_BYTES_MAX, 0);
  while (count < 0 && errno == EINTR);
  if (count > 0) {
    push_record(loop, RECORD_READ, id, (int32_t)loop->arena_used, (int32_t)count);
    /* Each read begins at a cache line of its own. */
    loop->arena_used += ((size_t)count + 63) & ~(size_t)63;
    loop->turn_bytes += (size_t)count;
  } else if (count == 0) {
    take_end(loop, socket, id);
  } else if (errno != EAGAIN) {
    take_failure(loop, socket, id, errno);
  }
}

static void take_stream(struct loop *loop, struct socket *socket, int32_t id, uint32_t events) {
  bool has_error = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if ((socket->wanted & POLLIN) != 0) {
    if (has_error || (events & EPOLLIN) != 0) take_reading(loop, socket, id);
  } else if (has_error && socket->ended && (socket->wanted & POLLOUT) == 0) {
    /* Nothing is left to read, so the error is next. Before the end of stream, reading finds the error after the
     * unread bytes. */
    int error = error_of(socket->fd);
    if (error != 0) push_record(loop, RECORD_FAILED, id, error, 0);
  }
  if ((socket->wanted & POLLOUT) != 0 && (has_error || (events & EPOLLOUT) != 0))
    push_record(loop, RECORD_WRITABLE, id, 0, 0);
}

static void take(struct loop *loop, const struct epoll_event *event) {
  struct socket *socket = watched_socket(loop, event);
  /* Closed by a handler earlier in this batch. */
  if (socket == NULL) return;
  int32_t id = id_of(loop, socket);
  if (socket->kind == SOCKET_LISTENER || socket->kind == SOCKET_DATAGRAMS) {
    take_ready(loop, socket, id, event->events);
  } else if (socket->kind == SOCKET_CONNECTING) {
    take_connected(loop, socket, id);
  } else {
    take_stream(loop, socket, id, event->events);
  }
}

/*
 * Keeps events for the next turn. Sockets that stay ready make epoll readable, so that the next turn comes. An
 * edge-triggered event does not: it is registered again, so that epoll reports it again.
 */
static void keep_ready_events(struct loop *loop) {
  const struct ready_events *ready = loop->ready;
  for (int index = ready->next; index < ready->count; index++) {
    struct socket *socket = watched_socket(loop, &ready->events[index]);
    if (socket != NULL && socket->registered == 0) (void)watch_events(loop, loop->wake_fd, socket, 0);
  }
}

/* Handles what epoll has reported, batch by batch, while the turn lasts. False when the thread is ending. */
static bool take_ready_events(struct loop *loop) {
  struct ready_events *ready = loop->ready;
  while (ready->next < ready->count) {
    loop->in_batch = true;
    while (ready->next < ready->count && ARENA_BYTES - loop->arena_used >= READ_BYTES_MAX &&
           loop->turn_bytes < TURN_BYTES_MAX && has_room(loop))
      take(loop, &ready->events[ready->next++]);
    loop->in_batch = false;
    if (!deliver(loop)) return false;
    if (!turn_may_continue(loop)) {
      keep_ready_events(loop);
      return true;
    }
  }
  return true;
}

static void turn(struct loop *loop) {
  struct ready_events *ready = loop->ready;
  for (int round = 0; round < FULL_ROUNDS_MAX; round++) {
    if (ready->next == ready->count) {
      int count = epoll_wait(loop->wake_fd, ready->events, EVENTS_MAX, 0);
      if (count <= 0) return;
      ready->count = count;
      ready->next = 0;
    }
    if (!take_ready_events(loop) || !turn_may_continue(loop)) return;
    if (ready->count < EVENTS_MAX && round + 1 >= ROUNDS_MAX) return;
  }
}

static int register_interest(struct loop *loop, struct socket *socket) {
  return watch_wanted(loop, loop->wake_fd, socket);
}

static int open_epoll(struct loop *loop) {
  loop->ready = calloc(1, sizeof *loop->ready);
  if (loop->ready == NULL) return -ENOMEM;
  loop->wake_fd = epoll_create1(EPOLL_CLOEXEC);
  if (loop->wake_fd >= 0) return 0;
  int failed = -errno;
  free(loop->ready);
  return failed;
}

static void close_epoll(struct loop *loop) {
  close(loop->wake_fd);
  free(loop->ready);
}

static void batch_over(struct loop *loop) {
  loop->arena_used = 0;
}

/* These have nothing to do here. epoll takes effect at once, client sockets never block, and nothing is read ahead. */
static void submit(struct loop *loop) {
  (void)loop;
}

static void connected(struct socket *socket) {
  (void)socket;
}

static bool has_unreported(struct loop *loop, int32_t id) {
  (void)loop, (void)id;
  return false;
}

static void close_fd(struct loop *loop, struct socket *socket) {
  close_watched(loop->wake_fd, socket);
}

static int detach_fd(struct loop *loop, struct socket *socket) {
  return unwatch(loop->wake_fd, socket);
}

const struct backend epoll_backend = {
    .arena_bytes = ARENA_BYTES,
    .accept_flags = SOCK_NONBLOCK | SOCK_CLOEXEC,
    .open = open_epoll,
    .close = close_epoll,
    .turn = turn,
    .register_interest = register_interest,
    .submit = submit,
    .flush_sends = flush_sends,
    .batch_over = batch_over,
    .connected = connected,
    .has_unreported = has_unreported,
    .close_fd = close_fd,
    .detach_fd = detach_fd,
};
