/*
 * TCP_INFO: the kernel's figures about a TCP connection.
 */
#include "portcall.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

/* tcpInfo(id): writes the kernel's `struct tcp_info` into the scratch memory, as much as fits. Returns its length
 * in bytes, or -errno. */
napi_value js_tcp_info(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  if (!socket->is_tcp) return int_result(env, -EOPNOTSUPP);
  socklen_t length = SCRATCH_INTS * sizeof(int32_t);
  if (getsockopt(socket->fd, IPPROTO_TCP, TCP_INFO, call.loop->scratch, &length) < 0)
    return int_result(env, -errno);
  return int_result(env, (int32_t)length);
}
