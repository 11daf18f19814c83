/*
 * From records to JavaScript: one call a batch.
 *
 * What is wanted of the kernel changes while records are made and while JavaScript has them; the kernel is told
 * behind both.
 */
#include "portcall.h"

#include <errno.h>

void push_record(struct loop *loop, enum record_kind kind, int32_t id, int32_t a, int32_t b) {
  int32_t *record = loop->records + loop->records_count++ * RECORD_INTS;
  record[0] = (int32_t)kind;
  record[1] = id;
  record[2] = a;
  record[3] = b;
}

/* A socket has at most two records at a time, and a change of interest that failed is one more. */
bool has_room(const struct loop *loop) {
  return loop->records_count + 3 <= RECORDS_MAX;
}

int error_of(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

void take_end(struct loop *loop, struct socket *socket, int32_t id) {
  socket->ended = true;
  want(loop, socket, socket->want & (uint8_t)~POLLIN);
  push_record(loop, RECORD_ENDED, id, 0, 0);
}

void take_failure(struct loop *loop, struct socket *socket, int32_t id, int error) {
  want(loop, socket, 0);
  push_record(loop, RECORD_FAILED, id, error, 0);
}

void take_connected(struct loop *loop, struct socket *socket, int32_t id) {
  socket->kind = SOCKET_STREAM;
  want(loop, socket, 0);
  loop->backend->connected(socket);
  push_record(loop, RECORD_CONNECTED, id, error_of(socket->fd), 0);
}

/* Whether JavaScript can go on; it cannot when its thread is being ended. */
static bool call_javascript(struct loop *loop, napi_ref function_ref, int count) {
  napi_env env = loop->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value argv[1], function, receiver;
  napi_status status = napi_create_int32(env, count, &argv[0]);
  if (status == napi_ok) status = napi_get_reference_value(env, function_ref, &function);
  if (status == napi_ok) status = napi_get_global(env, &receiver);
  if (status == napi_ok)
    /* Runs what the handlers have promised, too: once a batch, as everything here. */
    status = napi_make_callback(env, NULL, receiver, function, 1, argv, NULL);
  if (status == napi_pending_exception) {
    /* Our own dispatch lets none through; what comes here is the engine's last word, as for a stack that has run out. */
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok &&
        napi_fatal_exception(env, error) == napi_ok)
      status = napi_ok;
  }
  napi_close_handle_scope(env, scope);
  return status == napi_ok;
}

/* One batch: its records, and then what was left to its end, as long as the arena is as it was. */
static bool tell_batch(struct loop *loop) {
  int count = loop->records_count;
  loop->records_count = 0;
  loop->control[CONTROL_BATCH] = 1;
  bool alive = call_javascript(loop, loop->dispatch, count);
  loop->control[CONTROL_BATCH] = 0;
  int unsent = loop->backend->carry_out(loop);
  if (alive && unsent > 0) alive = call_javascript(loop, loop->unsent, unsent);
  loop->backend->batch_over(loop);
  return alive;
}

bool deliver(struct loop *loop) {
  bool alive = true;
  if (loop->records_count == 0) settle_interest(loop);
  while (alive && loop->records_count > 0) {
    loop->in_batch = true;
    alive = tell_batch(loop);
    loop->in_batch = false;
    settle_interest(loop);
  }
  return alive;
}

bool turn_lasts(const struct loop *loop) {
  return loop->turn_bytes < TURN_BYTES_MAX && uv_hrtime() - loop->turn_began < TURN_NS_MAX;
}

void on_ready(uv_poll_t *poll, int status, int events) {
  struct loop *loop = poll->data;
  (void)events;
  if (status < 0 || loop->in_batch) return;
  loop->turn_bytes = 0;
  loop->turn_began = uv_hrtime();
  loop->backend->turn(loop);
}
