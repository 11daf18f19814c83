/*
 * The addon's exports, and the life of a thread's loop.
 *
 * Each thread that loads the addon, the main one and each worker, has a loop of its own. `open` makes it. When the
 * thread ends, the loop makes no more calls into JavaScript and closes all descriptors. Its memory is freed when
 * libuv has closed the handle.
 */
#include "portcall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* When the thread ends, Node releases what a reference holds, but not the reference itself. */
static void drop_references(struct loop *loop) {
  napi_ref references[] = {loop->dispatch, loop->unsent, loop->arena_ref, loop->records_ref, loop->outbox_ref};
  for (size_t index = 0; index < sizeof references / sizeof *references; index++)
    if (references[index] != NULL) napi_delete_reference(loop->env, references[index]);
}

static void free_loop(uv_handle_t *handle) {
  struct loop *loop = handle->data;
  napi_async_cleanup_hook_handle cleanup = loop->cleanup;
  loop->backend->close(loop);
  free(loop->sockets);
  drop_references(loop);
  free(loop);
  napi_remove_async_cleanup_hook(cleanup);
}

/* The thread ends. Descriptors that JavaScript has left open are closed, as at the end of the process. */
static void end_loop(napi_async_cleanup_hook_handle cleanup, void *data) {
  struct loop *loop = data;
  loop->cleanup = cleanup;
  loop->in_batch = true;
  for (int slot = 0; slot < loop->slots_used; slot++)
    if (loop->sockets[slot].kind != SOCKET_FREE) release(loop, &loop->sockets[slot]);
  uv_poll_stop(&loop->poll);
  uv_close((uv_handle_t *)&loop->poll, free_loop);
}

static bool start_polling(struct loop *loop) {
  uv_loop_t *uv;
  if (napi_get_uv_event_loop(loop->env, &uv) != napi_ok) return false;
  if (uv_poll_init(uv, &loop->poll, loop->wake_fd) != 0) return false;
  loop->poll.data = loop;
  uv_unref((uv_handle_t *)&loop->poll);
  return true;
}

/* Memory that JavaScript owns and both sides use. `reference` keeps it from being collected. */
static void *share(napi_env env, napi_value result, const char *name, size_t bytes, napi_ref *reference) {
  napi_value buffer;
  void *data = NULL;
  if (napi_create_arraybuffer(env, bytes, &data, &buffer) != napi_ok ||
      napi_create_reference(env, buffer, 1, reference) != napi_ok ||
      napi_set_named_property(env, result, name, buffer) != napi_ok)
    return NULL;
  return data;
}

static bool define(napi_env env, napi_value result, const char *name, napi_callback call, void *data) {
  napi_value function;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, call, data, &function) == napi_ok &&
         napi_set_named_property(env, result, name, function) == napi_ok;
}

static bool define_calls(napi_env env, napi_value result, struct loop *loop) {
  return define(env, result, "listen", js_listen, loop) && define(env, result, "inherit", js_inherit, loop) &&
         define(env, result, "accept", js_accept, loop) && define(env, result, "connect", js_connect, loop) &&
         define(env, result, "local", js_local, loop) && define(env, result, "tcpInfo", js_tcp_info, loop) &&
         define(env, result, "setOptions", js_set_options, loop) && define(env, result, "hold", js_hold, loop) &&
         define(env, result, "setReading", js_set_reading, loop) && define(env, result, "send", js_send, loop) &&
         define(env, result, "sendPieces", js_send_pieces, loop) &&
         define(env, result, "flushSends", js_flush_sends, loop) &&
         define(env, result, "bindDatagrams", js_bind_datagrams, loop) &&
         define(env, result, "connectDatagrams", js_connect_datagrams, loop) &&
         define(env, result, "multicastInterface", js_multicast_interface, loop) &&
         define(env, result, "joinGroup", js_join_group, loop) && define(env, result, "receive", js_receive, loop) &&
         define(env, result, "sendDatagram", js_send_datagram, loop) &&
         define(env, result, "shutdown", js_shutdown, loop) && define(env, result, "close", js_close, loop) &&
         define(env, result, "detach", js_detach, loop);
}

/* JavaScript makes the arena, of memory that cannot be transferred away: see src/wire/native/arena.ts. */
static bool take_arena(napi_env env, napi_value arena, struct loop *loop) {
  void *data;
  size_t bytes;
  if (napi_get_arraybuffer_info(env, arena, &data, &bytes) != napi_ok || bytes != loop->backend->arena_bytes) return false;
  loop->arena = data;
  return napi_create_reference(env, arena, 1, &loop->arena_ref) == napi_ok;
}

static bool define_memory(napi_env env, napi_value result, struct loop *loop) {
  size_t ints = SCRATCH_INTS + CONTROL_INTS + SENDS_MAX * SEND_INTS + (size_t)RECORDS_MAX * RECORD_INTS;
  loop->scratch = share(env, result, "records", ints * sizeof(int32_t), &loop->records_ref);
  loop->outbox = share(env, result, "outbox", OUTBOX_BYTES, &loop->outbox_ref);
  if (loop->scratch == NULL || loop->outbox == NULL) return false;
  loop->control = loop->scratch + SCRATCH_INTS;
  loop->sends = loop->control + CONTROL_INTS;
  loop->records = loop->sends + SENDS_MAX * SEND_INTS;
  return true;
}

/* open(backend, dispatch, unsent, arena): this thread's loop, as an object with its memory and its calls. Call it
 * once per thread and back end. */
static napi_value js_open(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value argv[4], result;
  struct loop *loop = calloc(1, sizeof *loop);
  if (loop == NULL) {
    napi_throw_error(env, "ENOMEM", "the native engine cannot allocate memory");
    return NULL;
  }
  loop->env = env;
  loop->first_free = loop->last_free = loop->first_listed = -1;
  loop->backend = &epoll_backend;
  if (napi_get_cb_info(env, info, &count, argv, NULL, NULL) == napi_ok && int_argument(env, argv[0]) == 1)
    loop->backend = &uring_backend;
  int failed = take_arena(env, argv[3], loop) ? loop->backend->open(loop) : -EINVAL;
  if (failed == 0 && !start_polling(loop)) {
    loop->backend->close(loop);
    failed = -EMFILE;
  }
  if (failed < 0) {
    free(loop);
    napi_throw_error(env, "ERR_ENGINE", strerror(-failed));
    return NULL;
  }
  /* From here on the cleanup hook frees everything, whatever fails. */
  if (napi_add_async_cleanup_hook(env, end_loop, loop, &loop->cleanup) != napi_ok ||
      napi_create_reference(env, argv[1], 1, &loop->dispatch) != napi_ok ||
      napi_create_reference(env, argv[2], 1, &loop->unsent) != napi_ok ||
      napi_create_object(env, &result) != napi_ok || !define_memory(env, result, loop) ||
      !define_calls(env, result, loop) || uv_poll_start(&loop->poll, UV_READABLE, on_ready) != 0) {
    napi_throw_error(env, "ERR_ENGINE", "the native engine cannot be set up");
    return NULL;
  }
  return result;
}

/* probe(): 0 if io_uring has what its back end needs, or -errno. */
static napi_value js_probe(napi_env env, napi_callback_info info) {
  (void)info;
  return int_result(env, probe_uring());
}

NAPI_MODULE_INIT() {
  if (!define(env, exports, "open", js_open, NULL) || !define(env, exports, "probe", js_probe, NULL) ||
      !define(env, exports, "inlineUrgent", js_inline_urgent, NULL) ||
      !define(env, exports, "openLookups", js_open_lookups, NULL))
    return NULL;
  return exports;
}
