/*
 * What epoll watches, for both back ends: every socket of the epoll one; of io_uring, listeners, datagram sockets, and
 * what streams whose peer has ended have besides reading.
 *
 * A request of io_uring holds its socket open until the kernel has taken the ring apart, which is after the process
 * has ended: a listener's port would stay taken. epoll holds nothing open, so an address is free when the process
 * has gone, whatever ended it.
 */
#include "portcall.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT, "what is wanted is told as it stands");

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
  /* A socket that has never been waited for is no business of epoll's yet; and `told` is 0 until then. */
  if (socket->registered == socket->wanted) return 0;
  int failed = watch_events(loop, epoll_fd, socket, socket->wanted);
  if (failed == 0) socket->registered = socket->wanted;
  return failed;
}

void close_watched(int epoll_fd, struct socket *socket) {
  /* epoll goes on telling of what another process holds, though it is closed here. */
  if (socket->inherited) epoll_ctl(epoll_fd, EPOLL_CTL_DEL, socket->fd, NULL);
  /* Linux closes the descriptor whatever close says. */
  close(socket->fd);
}

struct socket *watched_socket(struct loop *loop, const struct epoll_event *event) {
  return socket_at(loop, (int)(uint32_t)event->data.u64, (uint16_t)(event->data.u64 >> 32));
}
