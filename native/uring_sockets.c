/*
 * What io_uring is asked for one socket: to receive until it is called off, and to watch for room, once. Listeners and
 * datagram sockets are watched by epoll, which the ring watches; and streams whose peer has ended, but for reading.
 *
 * `told` is what it is at work on. What is not wanted any more comes to nothing by itself when it completes, but
 * receiving, which has to be called off; it begins again only when that has been heard of.
 */
#include "ring.h"

#include <errno.h>
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
 * A poll of the ring always includes POLLRDHUP. When the peer has ended, whether that has been read or not, it completes
 * at once, each time again. So room, and an error that may still come, are watched for by epoll then.
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
 * Whatever is at work holds the socket open, descriptor or not: it is called off first. The descriptor is closed by
 * the ring, behind all that names it.
 */
void uring_close_fd(struct loop *loop, struct socket *socket) {
  struct ring *ring = loop->ring;
  if (is_watched(socket)) {
    close_watched(ring->epoll_fd, socket);
    return;
  }
  int32_t id = id_of(loop, socket);
  if ((socket->registered & POLLIN) != 0 && !socket->cancelling) ring_cancel(ring, OPERATION_RECEIVE, id);
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
