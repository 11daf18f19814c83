/*
 * Takes a stream out of the loop without closing it, so that Node can read and write it instead.
 */
#include "portcall.h"

#include <errno.h>

/*
 * detach(id): the descriptor, which is the caller's from then on; or -errno, and the loop keeps the socket. With
 * -EINPROGRESS reading has stopped, and a record reports when to call again. Until then the records of bytes go on.
 */
napi_value js_detach(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL || socket->kind != SOCKET_STREAM) return int_result(env, -EBADF);
  int failed = set_interest(call.loop, socket, 0);
  if (failed == 0) failed = call.loop->backend->detach_fd(call.loop, socket);
  if (failed < 0) return int_result(env, failed);
  int fd = socket->fd;
  forget(call.loop, socket);
  return int_result(env, fd);
}
