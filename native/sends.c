/*
 * Performs the sends that JavaScript has deferred to the end of the batch: one line each in shared memory, without a
 * call.
 *
 * Incomplete sends are written back, from the first line on: id, offset and length of the rest, and errno if the send
 * failed. After an incomplete send no later send of that socket is tried, so that its bytes stay in order.
 */
#include "portcall.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

/* Returns the bytes taken, or -errno. */
static int32_t send_one(struct loop *loop, struct socket *socket, const int32_t *send) {
  if (socket->blocked) return 0;
  size_t length = (size_t)send[2];
  if (send[3] != UNTRIED) return record_sent(loop, socket, send[3], length);
  struct iovec piece = {.iov_base = bytes_at(loop, send[1], send[2]), .iov_len = length};
  return piece.iov_base == NULL ? -EFAULT : send_pieces(loop, socket, &piece, 1, length);
}

int finish_sends(struct loop *loop, int count) {
  int unsent = 0;
  for (int index = 0; index < count; index++) {
    const int32_t *send = loop->sends + index * SEND_INTS;
    struct socket *socket = socket_of(loop, send[0]);
    if (socket == NULL) continue;
    int32_t sent = send_one(loop, socket, send);
    if (sent == send[2]) continue;
    socket->blocked = true;
    int32_t taken = sent < 0 ? 0 : sent;
    int32_t rest[SEND_INTS] = {send[0], send[1] < 0 ? send[1] - taken : send[1] + taken, send[2] - taken,
                               sent < 0 ? -sent : 0};
    memcpy(loop->sends + unsent++ * SEND_INTS, rest, sizeof rest);
  }
  for (int index = 0; index < unsent; index++) {
    struct socket *socket = socket_of(loop, loop->sends[index * SEND_INTS]);
    if (socket != NULL) socket->blocked = false;
  }
  return unsent;
}

int flush_sends(struct loop *loop) {
  int count = loop->control[CONTROL_SENDS];
  loop->control[CONTROL_SENDS] = 0;
  if (count < 0 || count > SENDS_MAX) return 0;
  for (int index = 0; index < count; index++) loop->sends[index * SEND_INTS + 3] = UNTRIED;
  return finish_sends(loop, count);
}

/* flushSends(): performs the deferred sends now. Returns how many were incomplete. */
napi_value js_flush_sends(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  return int_result(env, flush_sends(call.loop));
}
