/*
 * What epoll watches, for both back ends. For the epoll back end that is every socket. For io_uring it is listeners,
 * datagram sockets, and streams whose peer has ended (except for reading).
 *
 * A request of io_uring holds its socket open until the kernel has torn down the ring, after the process has ended. A
 * listener's port would stay in use. epoll holds nothing open, so the address is free when the process has ended,
 * however it ended.
 */
#include "portcall.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT, "wanted events are passed to epoll unchanged");

int watch_events(struct loop *loop, int epoll_fd, struct socket *socket, uint8_t events) {
  struct epoll_event event = {
      .events = events == 0 ? (uint32_t)EPOLLET : events,
      .data.u64 = (uint64_t)socket->generation << 32 | (uint32_t)(socket - loop->sockets),
  };
  int operation = socket->in_epoll ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(epoll_fd, operation, socket->fd, &event) < 0) return -errno;
  socket->in_epoll = true;
  return 0;
}

int watch_wanted(struct loop *loop, int epoll_fd, struct socket *socket) {
  /* epoll ignores a socket until something is wanted of it; `registered` is 0 until then. */
  if (socket->registered == socket->wanted) return 0;
  int failed = watch_events(loop, epoll_fd, socket, socket->wanted);
  if (failed == 0) socket->registered = socket->wanted;
  return failed;
}

void close_watched(int epoll_fd, struct socket *socket) {
  /* epoll still reports a descriptor that another process holds open, although it is closed here. */
  if (socket->inherited) epoll_ctl(epoll_fd, EPOLL_CTL_DEL, socket->fd, NULL);
  /* Linux closes the descriptor whatever close returns. */
  close(socket->fd);
}

int unwatch(int epoll_fd, struct socket *socket) {
  if (!socket->in_epoll) return 0;
  if (epoll_ctl(epoll_fd, EPOLL_CTL_DEL, socket->fd, NULL) < 0) return -errno;
  socket->in_epoll = false;
  return 0;
}

struct socket *watched_socket(struct loop *loop, const struct epoll_event *event) {
  return socket_at(loop, (int)(uint32_t)event->data.u64, (uint16_t)(event->data.u64 >> 32));
}
