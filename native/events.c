/*
 * Events of a socket that both back ends report in the same way: what changes in the socket, and its record.
 */
#include "portcall.h"

#include <errno.h>
#include <sys/epoll.h>

int error_of(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

void take_end(struct loop *loop, struct socket *socket, int32_t id) {
  socket->ended = true;
  set_interest(loop, socket, socket->wanted & (uint8_t)~POLLIN);
  push_record(loop, RECORD_ENDED, id, 0, 0);
}

void take_failure(struct loop *loop, struct socket *socket, int32_t id, int error) {
  set_interest(loop, socket, 0);
  push_record(loop, RECORD_FAILED, id, error, 0);
}

void take_connected(struct loop *loop, struct socket *socket, int32_t id) {
  socket->kind = SOCKET_STREAM;
  set_interest(loop, socket, 0);
  loop->backend->connected(socket);
  push_record(loop, RECORD_CONNECTED, id, error_of(socket->fd), 0);
}

void take_ready(struct loop *loop, struct socket *socket, int32_t id, uint32_t events) {
  bool has_error = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if ((socket->wanted & POLLIN) != 0 && (has_error || (events & EPOLLIN) != 0)) push_record(loop, RECORD_READY, id, 0, 0);
  if ((socket->wanted & POLLOUT) != 0 && (has_error || (events & EPOLLOUT) != 0))
    push_record(loop, RECORD_WRITABLE, id, 0, 0);
}
