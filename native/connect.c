/*
 * Connecting, and the local address of a socket.
 */
#include "portcall.h"

#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

static int bind_local(int fd, const struct endpoint *local) {
  int failed = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (failed < 0) return failed;
  return bind(fd, (const struct sockaddr *)&local->address, local->length) < 0 ? -errno : 0;
}

static int begin_connecting(int fd, const struct endpoint *endpoint) {
  int failed;
  do failed = connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->length);
  while (failed < 0 && errno == EINTR);
  return failed < 0 && errno != EINPROGRESS ? -errno : 0;
}

/*
 * connect(host, port, localHost?, localPort?), with options: an id, or -errno. A record reports the result. That
 * holds for a connect that completes at once, too: the socket is then writable.
 */
napi_value js_connect(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket_options options = read_options(call.loop);
  struct endpoint endpoint, local;
  int failed = read_endpoint(env, call.argv[0], call.argv[1], &endpoint);
  if (failed < 0) return int_result(env, failed);
  int family = endpoint.address.ss_family;
  bool is_tcp = family != AF_UNIX;
  napi_valuetype given = napi_undefined;
  napi_typeof(env, call.argv[2], &given);
  if (given == napi_string) failed = read_endpoint(env, call.argv[2], call.argv[3], &local);
  if (failed < 0) return int_result(env, failed);

  int fd = open_stream_socket(family);
  if (fd < 0) return int_result(env, fd);
  if (is_tcp) failed = set_tcp_options(fd, &options);
  if (failed == 0 && given == napi_string) failed = bind_local(fd, &local);
  if (failed == 0) failed = begin_connecting(fd, &endpoint);
  if (failed < 0) {
    close(fd);
    return int_result(env, failed);
  }
  int32_t id = adopt(call.loop, fd, SOCKET_CONNECTING, is_tcp);
  if (id < 0) return int_result(env, id);
  struct socket *socket = socket_of(call.loop, id);
  failed = set_interest(call.loop, socket, POLLOUT);
  if (failed < 0) release(call.loop, socket);
  return int_result(env, failed < 0 ? failed : id);
}

/* local(id): 0 with the socket's own address in the scratch memory, or -errno. */
napi_value js_local(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  struct endpoint endpoint = {.length = sizeof endpoint.address};
  if (getsockname(socket->fd, (struct sockaddr *)&endpoint.address, &endpoint.length) < 0)
    return int_result(env, -errno);
  write_endpoint(call.loop, &endpoint);
  return int_result(env, 0);
}
