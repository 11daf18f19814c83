/*
 * Sockets as they are made, and the options that streams have.
 */
#include "portcall.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* Returns a descriptor or -errno. */
int open_stream_socket(int family) {
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

static void set_int(int fd, int level, int name, int value) {
  /* Fails only on a connection that has gone already, and reading will tell that. */
  (void)setsockopt(fd, level, name, &value, sizeof value);
}

/* As libuv asks, so that both engines notice a dead peer at the same time. */
void set_stream_options(int fd, bool no_delay, int keep_alive_s) {
  if (no_delay) set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (keep_alive_s <= 0) return;
  set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_s);
  set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 10);
}
