/*
 * The requests of io_uring for one socket: a receive until it is cancelled, and a poll for room, once. epoll, which
 * the ring polls, watches listeners and datagram sockets, and streams whose peer has ended (except for reading).
 *
 * `registered` holds the requests under way. A poll that is no longer wanted completes by itself. A receive has to be
 * cancelled, and starts again only after the cancellation has completed.
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int uring_poll_epoll(struct ring *ring) {
  if (ring->epoll_polled) return 0;
  int failed = ring_poll(ring, ring->epoll_fd, POLLIN, OPERATION_WATCH, 0);
  if (failed == 0) ring->epoll_polled = true;
  return failed;
}

static bool is_watched(const struct socket *socket) {
  return socket->kind == SOCKET_LISTENER || socket->kind == SOCKET_DATAGRAMS;
}

static int register_reading(struct ring *ring, struct socket *socket, int32_t id) {
  bool wanted = (socket->wanted & POLLIN) != 0, registered = (socket->registered & POLLIN) != 0;
  if (wanted && !registered) {
    int failed = ring_receive(ring, socket->fd, id);
    if (failed < 0) return failed;
    socket->registered |= POLLIN;
  } else if (!wanted && registered && socket->kind == SOCKET_STREAM && !socket->cancelling) {
    ring_cancel(ring, OPERATION_RECEIVE, id);
    socket->cancelling = true;
  }
  return 0;
}

/*
 * A poll of the ring always includes POLLRDHUP. After the peer's FIN, read or not, it would complete at once each
 * time. So epoll watches for room, and for a later error, on such streams.
 */
static int register_writable(struct loop *loop, struct socket *socket, int32_t id) {
  struct ring *ring = loop->ring;
  bool wanted = (socket->wanted & POLLOUT) != 0, registered = (socket->registered & POLLOUT) != 0;
  if (socket->in_epoll ? wanted == registered : registered) return 0;
  int failed;
  if (socket->in_epoll || socket->ended || (socket->half_closed && wanted)) {
    failed = uring_poll_epoll(ring);
    if (failed == 0) failed = watch_events(loop, ring->epoll_fd, socket, socket->wanted & POLLOUT);
  } else {
    if (!wanted) return 0;
    failed = ring_poll(ring, socket->fd, POLLOUT, OPERATION_WRITABLE, id);
  }
  if (failed < 0) return failed;
  socket->registered = (uint8_t)((socket->registered & ~POLLOUT) | (socket->wanted & POLLOUT));
  return 0;
}

int uring_register(struct loop *loop, struct socket *socket) {
  struct ring *ring = loop->ring;
  if (is_watched(socket)) {
    int failed = uring_poll_epoll(ring);
    return failed < 0 ? failed : watch_wanted(loop, ring->epoll_fd, socket);
  }
  int32_t id = id_of(loop, socket);
  int failed = register_reading(ring, socket, id);
  return failed < 0 ? failed : register_writable(loop, socket, id);
}

bool uring_has_unreported(struct loop *loop, int32_t id) {
  const struct ring *ring = loop->ring;
  for (unsigned at = *ring->completions_head; at != ring_tail(ring); at++) {
    const struct io_uring_cqe *completion = ring_completion(ring, at);
    if (completion->user_data == label_of(OPERATION_RECEIVE, id) && completion->res > 0) return true;
  }
  return false;
}

/*
 * A request under way holds the socket open even after close(). So requests are cancelled first, and the ring closes
 * the descriptor after them.
 */
void uring_close_fd(struct loop *loop, struct socket *socket) {
  struct ring *ring = loop->ring;
  if (is_watched(socket)) {
    close_watched(ring->epoll_fd, socket);
    return;
  }
  int32_t id = id_of(loop, socket);
  /* Also after a cancellation that may have failed: the receive would hold the socket open for as long as the peer does. */
  if ((socket->registered & POLLIN) != 0) ring_cancel(ring, OPERATION_RECEIVE, id);
  if ((socket->registered & POLLOUT) != 0 && !socket->in_epoll) ring_cancel(ring, OPERATION_WRITABLE, id);
  struct io_uring_sqe *entry = socket->registered != 0 ? ring_entry(ring, OPERATION_NONE, 0) : NULL;
  if (entry == NULL) {
    close(socket->fd);
    return;
  }
  entry->opcode = IORING_OP_CLOSE;
  entry->flags = IOSQE_CQE_SKIP_SUCCESS;
  entry->fd = socket->fd;
  if (!loop->in_batch) uring_submit(loop, true);
}

/* Whether a request of the ring refers to the socket. Of a watched stream, epoll has the interest in writing. */
static bool is_busy(const struct socket *socket) {
  return (socket->registered & POLLIN) != 0 || ((socket->registered & POLLOUT) != 0 && !socket->in_epoll);
}

/*
 * The receive has been cancelled by now, or will be at the end of the batch, because nothing is wanted any more. Bytes
 * that it takes until then are reported as usual. A poll for room completes by itself.
 */
int uring_detach_fd(struct loop *loop, struct socket *socket) {
  socket->detaching = is_busy(socket);
  if (socket->detaching) return -EINPROGRESS;
  int flags = fcntl(socket->fd, F_GETFL);
  if (flags < 0 || fcntl(socket->fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return unwatch(loop->ring->epoll_fd, socket);
}

void uring_take_detachable(struct loop *loop, const struct socket *socket, int32_t id) {
  if (socket->detaching && !is_busy(socket)) push_record(loop, RECORD_DETACHABLE, id, 0, 0);
}
