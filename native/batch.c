/*
 * Passes records to JavaScript: one call per batch.
 *
 * The wanted events change while records are collected and while JavaScript handles them. They are registered with
 * the kernel afterwards.
 */
#include "portcall.h"

/* Whether JavaScript can go on. It cannot when its thread is ending. */
static bool call_javascript(struct loop *loop, napi_ref function_ref, int count) {
  napi_env env = loop->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value argv[1], function, receiver;
  napi_status status = napi_create_int32(env, count, &argv[0]);
  if (status == napi_ok) status = napi_get_reference_value(env, function_ref, &function);
  if (status == napi_ok) status = napi_get_global(env, &receiver);
  if (status == napi_ok)
    /* This also runs the promise jobs of the handlers, once per batch. */
    status = napi_make_callback(env, NULL, receiver, function, 1, argv, NULL);
  if (status == napi_pending_exception) {
    /* `dispatch` catches what handlers throw. What arrives here comes from the engine itself, such as a stack
     * overflow. */
    napi_value error;
    if (napi_get_and_clear_last_exception(env, &error) == napi_ok &&
        napi_fatal_exception(env, error) == napi_ok)
      status = napi_ok;
  }
  napi_close_handle_scope(env, scope);
  return status == napi_ok;
}

/* One batch: its records, then its deferred sends, while the bytes in the arena are still valid. */
static bool dispatch_batch(struct loop *loop) {
  int count = loop->records_count;
  loop->records_count = 0;
  loop->control[CONTROL_BATCH] = 1;
  bool alive = call_javascript(loop, loop->dispatch, count);
  loop->control[CONTROL_BATCH] = 0;
  int unsent = loop->backend->flush_sends(loop);
  if (alive && unsent > 0) alive = call_javascript(loop, loop->unsent, unsent);
  loop->backend->batch_over(loop);
  return alive;
}

bool deliver(struct loop *loop) {
  bool alive = true;
  if (loop->records_count == 0) apply_interest(loop);
  while (alive && loop->records_count > 0) {
    loop->in_batch = true;
    alive = dispatch_batch(loop);
    loop->in_batch = false;
    apply_interest(loop);
  }
  return alive;
}

bool turn_may_continue(const struct loop *loop) {
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
