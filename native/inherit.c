/*
 * Listens on a socket that another process has made and passed on as a descriptor: a service manager or a parent.
 */
#include "portcall.h"

#include <errno.h>
#include <fcntl.h>

static int int_option(int fd, int name, int *value) {
  socklen_t length = sizeof *value;
  return getsockopt(fd, SOL_SOCKET, name, value, &length) < 0 ? -errno : 0;
}

/* The family of a listening socket, or -errno. EBADF: not open. ENOTSOCK: not a socket. EPROTOTYPE: not a stream.
 * EINVAL: not listening. EAFNOSUPPORT: neither TCP nor Unix. */
static int family_of_listening(int fd) {
  int type = 0, listens = 0, family = 0;
  int failed = int_option(fd, SO_TYPE, &type);
  if (failed == 0) failed = int_option(fd, SO_ACCEPTCONN, &listens);
  if (failed == 0) failed = int_option(fd, SO_DOMAIN, &family);
  if (failed < 0) return failed;
  if (type != SOCK_STREAM) return -EPROTOTYPE;
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) return -EAFNOSUPPORT;
  return listens ? family : -EINVAL;
}

static bool is_open_here(const struct loop *loop, int fd) {
  for (int slot = 0; slot < loop->slots_used; slot++)
    if (loop->sockets[slot].kind != SOCKET_FREE && loop->sockets[slot].fd == fd) return true;
  return false;
}

/* Child processes must not inherit it, and accept must not block. */
static int prepare_inherited(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}

/* inherit(fd), with options: an id, or -errno; EADDRINUSE if this loop has taken it over already. */
napi_value js_inherit(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket_options options = read_options(call.loop);
  int fd = int_argument(env, call.argv[0]);
  int family = family_of_listening(fd);
  if (family < 0) return int_result(env, family);
  if (is_open_here(call.loop, fd)) return int_result(env, -EADDRINUSE);
  bool is_tcp = family != AF_UNIX;
  int failed = prepare_inherited(fd);
  if (failed == 0 && is_tcp) failed = set_tcp_options(fd, &options);
  if (failed == 0 && listen(fd, options.backlog) < 0) failed = -errno;
  if (failed < 0) return int_result(env, failed);
  int32_t id = adopt(call.loop, fd, SOCKET_LISTENER, is_tcp);
  if (id >= 0) socket_of(call.loop, id)->inherited = true;
  return int_result(env, id);
}
