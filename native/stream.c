/*
 * One open stream: reading on and off, half-close, close.
 */
#include "portcall.h"

#include <errno.h>

/* setReading(id, on): starts or stops reading, or accepting. 0 or -errno. */
napi_value js_set_reading(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  bool on = int_argument(env, call.argv[1]) == 1 && !socket->ended;
  socket->started = true;
  uint8_t others = socket->wanted & (uint8_t)~POLLIN;
  return int_result(env, set_interest(call.loop, socket, on ? others | POLLIN : others));
}

/* hold(id, on): whether a socket of any kind keeps the process alive. 0 or -errno. */
napi_value js_hold(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  socket->unreferenced = int_argument(env, call.argv[1]) != 1;
  update_active(call.loop, socket);
  return int_result(env, 0);
}

/* shutdown(id, both): sends FIN, or shuts down both directions. 0 or -errno. */
napi_value js_shutdown(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  int how = int_argument(env, call.argv[1]) == 1 ? SHUT_RDWR : SHUT_WR;
  return int_result(env, shutdown(socket->fd, how) < 0 ? -errno : 0);
}

/* close(id, reset): closes a socket of any kind at once. 0 or -errno. */
napi_value js_close(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  /* The kernel resets by itself if it holds unread bytes. Bytes that were read but never reported count as unread,
   * too. */
  bool reset = int_argument(env, call.argv[1]) == 1 ||
               (socket->kind == SOCKET_STREAM && call.loop->backend->has_unreported(call.loop, id_of(call.loop, socket)));
  if (reset && socket->is_tcp) {
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(socket->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  }
  release(call.loop, socket);
  return int_result(env, 0);
}
