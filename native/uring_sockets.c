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

int uring_watch(struct ring *ring) {
  if (ring->epoll_told) return 0;
  int failed = ring_poll(ring, ring->epoll_fd, POLLIN, OPERATION_WATCH, 0);
  if (failed == 0) ring->epoll_told = true;
  return failed;
}

static bool is_watched(const struct socket *socket) {
  return socket->kind == SOCKET_LISTENER || socket->kind == SOCKET_DATAGRAMS;
}

static int tell_reading(struct ring *ring, struct socket *socket, int32_t id) {
  bool wanted = (socket->want & POLLIN) != 0, told = (socket->told & POLLIN) != 0;
  if (wanted && !told) {
    int failed = ring_receive(ring, socket->fd, id);
    if (failed < 0) return failed;
    socket->told |= POLLIN;
  } else if (!wanted && told && socket->kind == SOCKET_STREAM && !socket->cancelling) {
    ring_cancel(ring, OPERATION_RECEIVE, id);
    socket->cancelling = true;
  }
  return 0;
}

/*
 * A poll of the ring always includes POLLRDHUP. When the peer has ended, whether that has been read or not, it completes
 * at once, each time again. So room, and an error that may still come, are watched for by epoll then.
 */
static int tell_room(struct loop *loop, struct socket *socket, int32_t id) {
  struct ring *ring = loop->ring;
  bool wanted = (socket->want & POLLOUT) != 0, told = (socket->told & POLLOUT) != 0;
  if (socket->registered ? wanted == told : told) return 0;
  int failed;
  if (socket->registered || socket->ended || (socket->half_closed && wanted)) {
    failed = uring_watch(ring);
    if (failed == 0) failed = watch_for(loop, ring->epoll_fd, socket, socket->want & POLLOUT);
  } else {
    if (!wanted) return 0;
    failed = ring_poll(ring, socket->fd, POLLOUT, OPERATION_ROOM, id);
  }
  if (failed < 0) return failed;
  socket->told = (uint8_t)((socket->told & ~POLLOUT) | (socket->want & POLLOUT));
  return 0;
}

int uring_tell(struct loop *loop, struct socket *socket) {
  struct ring *ring = loop->ring;
  if (is_watched(socket)) {
    int failed = uring_watch(ring);
    return failed < 0 ? failed : watch(loop, ring->epoll_fd, socket);
  }
  int32_t id = id_of(loop, socket);
  int failed = tell_reading(ring, socket, id);
  return failed < 0 ? failed : tell_room(loop, socket, id);
}

bool uring_has_untold(struct loop *loop, int32_t id) {
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
void uring_forget(struct loop *loop, struct socket *socket) {
  struct ring *ring = loop->ring;
  if (is_watched(socket)) {
    close_watched(ring->epoll_fd, socket);
    return;
  }
  int32_t id = id_of(loop, socket);
  if ((socket->told & POLLIN) != 0 && !socket->cancelling) ring_cancel(ring, OPERATION_RECEIVE, id);
  if ((socket->told & POLLOUT) != 0 && !socket->registered) ring_cancel(ring, OPERATION_ROOM, id);
  struct io_uring_sqe *entry = socket->told != 0 ? ring_entry(ring, OPERATION_NOTHING, 0) : NULL;
  if (entry == NULL) {
    close(socket->fd);
    return;
  }
  entry->opcode = IORING_OP_CLOSE;
  entry->flags = IOSQE_CQE_SKIP_SUCCESS;
  entry->fd = socket->fd;
  if (!loop->in_batch) uring_submit(loop, true);
}
