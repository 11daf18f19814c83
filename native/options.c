/*
 * Makes sockets and sets their options.
 *
 * A listener's options hold for its clients too. On Linux an accepted socket copies the options of the listening
 * socket, so accepting needs no further calls.
 */
#include "portcall.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* Returns a descriptor or -errno. */
int open_stream_socket(int family) {
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

struct socket_options read_options(const struct loop *loop) {
  struct socket_options options;
  static_assert(sizeof options <= SCRATCH_INTS * sizeof(int32_t), "the options fit into the scratch memory");
  memcpy(&options, loop->scratch, sizeof options);
  return options;
}

int set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) < 0 ? -errno : 0;
}

struct setting {
  int level, name, value;
};

/* To be called before `connect` and `listen`: the buffers decide the window offered to the peer. */
int set_tcp_options(int fd, const struct socket_options *options) {
  bool keep_alive = options->keep_alive_s > 0;
  const struct setting settings[] = {
      /* The urgent byte stays at its position in the stream (RFC 6093, section 3.2). */
      {SOL_SOCKET, SO_OOBINLINE, 1},
      {IPPROTO_TCP, TCP_NODELAY, options->no_delay},
      {SOL_SOCKET, SO_KEEPALIVE, keep_alive},
      {IPPROTO_TCP, TCP_KEEPIDLE, keep_alive ? options->keep_alive_s : 0},
      {IPPROTO_TCP, TCP_KEEPINTVL, keep_alive ? options->keep_alive_interval_s : 0},
      {IPPROTO_TCP, TCP_KEEPCNT, keep_alive ? options->keep_alive_probes : 0},
      {IPPROTO_TCP, TCP_USER_TIMEOUT, options->user_timeout_ms},
      {SOL_SOCKET, SO_RCVBUF, options->receive_buffer_bytes},
      {SOL_SOCKET, SO_SNDBUF, options->send_buffer_bytes},
  };
  for (size_t index = 0; index < sizeof settings / sizeof *settings; index++) {
    const struct setting *one = &settings[index];
    int failed = one->value == 0 ? 0 : set_option(fd, one->level, one->name, one->value);
    if (failed < 0) return failed;
  }
  return 0;
}

/* setOptions(id): changes TCP_NODELAY and keep-alive of a connection. 0 or -errno. */
napi_value js_set_options(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  if (!socket->is_tcp) return int_result(env, 0);
  struct socket_options all = read_options(call.loop);
  /* `set_tcp_options` leaves out what is 0, because that is the state of a new socket. */
  int failed = set_option(socket->fd, IPPROTO_TCP, TCP_NODELAY, all.no_delay);
  if (failed == 0) failed = set_option(socket->fd, SOL_SOCKET, SO_KEEPALIVE, all.keep_alive_s > 0);
  struct socket_options changed = {.no_delay = all.no_delay,
                                   .keep_alive_s = all.keep_alive_s,
                                   .keep_alive_interval_s = all.keep_alive_interval_s,
                                   .keep_alive_probes = all.keep_alive_probes};
  return int_result(env, failed < 0 ? failed : set_tcp_options(socket->fd, &changed));
}

/* inlineUrgent(fd): keeps urgent data of this TCP socket, and of those that it accepts, in the stream. 0 or -errno. */
napi_value js_inline_urgent(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  return int_result(env, set_option(int_argument(env, call.argv[0]), SOL_SOCKET, SO_OOBINLINE, 1));
}
