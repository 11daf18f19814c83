/*
 * Sending on one stream.
 *
 * The addon keeps no bytes. What the kernel does not take stays with JavaScript, and a record says when there is room.
 */
#include "portcall.h"

#include <errno.h>
#include <sys/uio.h>

void *bytes_at(struct loop *loop, int32_t offset, int32_t length) {
  uint8_t *memory = offset < 0 ? loop->outbox : loop->arena;
  int32_t begin = offset < 0 ? -1 - offset : offset;
  int32_t size = offset < 0 ? OUTBOX_BYTES : (int32_t)loop->backend->arena_bytes;
  return length < 0 || begin > size || length > size - begin ? NULL : memory + begin;
}

int32_t record_sent(struct loop *loop, struct socket *socket, ssize_t sent, size_t bytes) {
  /* A send that a signal interrupted is repeated as soon as the socket is writable, which is at once. */
  if (sent == -EAGAIN || sent == -EINTR) sent = 0;
  uint8_t others = socket->wanted & (uint8_t)~POLLOUT;
  if (sent < 0) {
    set_interest(loop, socket, others);
    return (int32_t)sent;
  }
  int failed = set_interest(loop, socket, (size_t)sent < bytes ? others | POLLOUT : others);
  return failed < 0 ? failed : (int32_t)sent;
}

int32_t send_pieces(struct loop *loop, struct socket *socket, struct iovec *pieces, size_t count, size_t bytes) {
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
  ssize_t sent;
  /* send() is cheaper for a single buffer. */
  do
    sent = count == 1 ? send(socket->fd, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT)
                      : sendmsg(socket->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return record_sent(loop, socket, sent < 0 ? -errno : sent, bytes);
}

/* send(id, offset, length): sends at once. */
napi_value js_send(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct loop *loop = call.loop;
  struct socket *socket = socket_of(loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  int32_t offset = int_argument(env, call.argv[1]);
  int32_t length = int_argument(env, call.argv[2]);
  struct iovec piece = {.iov_base = bytes_at(loop, offset, length), .iov_len = (size_t)length};
  if (piece.iov_base == NULL) return int_result(env, -EFAULT);
  return int_result(env, send_pieces(loop, socket, &piece, 1, piece.iov_len));
}

/* Per call. The kernel takes 1024, but would rarely have room for more. */
#define PIECES_MAX 64
/* The result is a 32-bit number. */
#define SEND_BYTES_MAX ((size_t)1 << 30)

/* sendPieces(id, [bytes…]): a gathered write of the first of them. */
napi_value js_send_pieces(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (socket == NULL) return int_result(env, -EBADF);
  struct iovec pieces[PIECES_MAX];
  uint32_t given = 0;
  if (napi_get_array_length(env, call.argv[1], &given) != napi_ok) return int_result(env, -EINVAL);
  size_t bytes = 0, count = 0;
  /* Pieces that are not tried count too, so that the socket is watched for room. */
  bool more = given > PIECES_MAX;
  for (uint32_t index = 0; index < given && index < PIECES_MAX && bytes < SEND_BYTES_MAX; index++) {
    napi_value piece;
    napi_typedarray_type type;
    size_t length;
    void *data;
    if (napi_get_element(env, call.argv[1], index, &piece) != napi_ok ||
        napi_get_typedarray_info(env, piece, &type, &length, &data, NULL, NULL) != napi_ok ||
        type != napi_uint8_array)
      return int_result(env, -EINVAL);
    if (length > SEND_BYTES_MAX - bytes) {
      length = SEND_BYTES_MAX - bytes;
      more = true;
    }
    pieces[count++] = (struct iovec){.iov_base = data, .iov_len = length};
    bytes += length;
  }
  return int_result(env, send_pieces(call.loop, socket, pieces, count, more ? SIZE_MAX : bytes));
}
