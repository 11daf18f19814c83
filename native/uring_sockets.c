/*
 * What io_uring is asked for one socket: to receive until it is called off, to watch for room, for clients, for
 * trouble, each once.
 *
 * `told` is what it is at work on. What is not wanted any more comes to nothing by itself when it completes, but
 * receiving, which has to be called off; it begins again only when that has been heard of.
 */
#include "ring.h"

#include <errno.h>
#include <unistd.h>

/* Beside POLLIN and POLLOUT: an error or a hang-up of one whose peer has ended, watched for once. */
#define TROUBLE POLLERR

static int tell_reading(struct ring *ring, struct socket *socket, int32_t id) {
  bool wanted = (socket->want & POLLIN) != 0, told = (socket->told & POLLIN) != 0;
  if (wanted && !told) {
    int failed = socket->kind == SOCKET_LISTENER ? ring_poll(ring, socket->fd, POLLIN, OPERATION_ACCEPT, id)
                                                 : ring_receive(ring, socket->fd, id);
    if (failed < 0) return failed;
    socket->told |= POLLIN;
  } else if (!wanted && told && socket->kind == SOCKET_STREAM && !socket->cancelling) {
    ring_cancel(ring, OPERATION_RECEIVE, id);
    socket->cancelling = true;
  }
  return 0;
}

int uring_tell(struct loop *loop, struct socket *socket) {
  struct ring *ring = loop->ring;
  int32_t id = id_of(loop, socket);
  int failed = tell_reading(ring, socket, id);
  if (failed == 0 && (socket->want & ~socket->told & POLLOUT) != 0) {
    failed = ring_poll(ring, socket->fd, POLLOUT, OPERATION_ROOM, id);
    if (failed == 0) socket->told |= POLLOUT;
  }
  if (failed == 0 && socket->ended && (socket->told & TROUBLE) == 0) {
    failed = ring_poll(ring, socket->fd, 0, OPERATION_TROUBLE, id);
    if (failed == 0) socket->told |= TROUBLE;
  }
  return failed;
}

/* Whether a completion of this kind and number lies there unread. */
static bool is_there(const struct ring *ring, uint64_t label) {
  for (unsigned at = *ring->completions_head; at != ring_tail(ring); at++)
    if (ring_completion(ring, at)->user_data == label) return true;
  return false;
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
 * the ring, behind all that names it. A listener's address has to be free when this returns.
 */
void uring_forget(struct loop *loop, struct socket *socket) {
  struct ring *ring = loop->ring;
  int32_t id = id_of(loop, socket);
  enum operation reading = socket->kind == SOCKET_LISTENER ? OPERATION_ACCEPT : OPERATION_RECEIVE;
  if ((socket->told & POLLIN) != 0 && !socket->cancelling) ring_cancel(ring, reading, id);
  if ((socket->told & POLLOUT) != 0) ring_cancel(ring, OPERATION_ROOM, id);
  if ((socket->told & TROUBLE) != 0) ring_cancel(ring, OPERATION_TROUBLE, id);
  struct io_uring_sqe *entry = socket->told != 0 ? ring_entry(ring, OPERATION_NOTHING, 0) : NULL;
  if (entry == NULL) {
    close(socket->fd);
    return;
  }
  entry->opcode = IORING_OP_CLOSE;
  entry->flags = IOSQE_CQE_SKIP_SUCCESS;
  entry->fd = socket->fd;
  if (socket->kind == SOCKET_LISTENER) {
    uint64_t label = label_of(OPERATION_ACCEPT, id);
    int tries = 0, failed;
    do failed = ring_enter(ring, true);
    while (failed == 0 && !is_there(ring, label) && ++tries < 1000);
  } else if (!loop->in_batch) {
    uring_submit(loop, true);
  }
}
