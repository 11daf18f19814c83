/*
 * From readiness to records to JavaScript.
 *
 *     epoll_wait ──▶ read every ready socket into the arena ──▶ one call of `dispatch` ──▶ again
 *      (at most EVENTS_MAX)      (as long as there is room)                     (see ROUNDS_MAX)
 *
 * What is wanted of the kernel changes while records are made and while JavaScript has them; epoll is told
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

static int error_of(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

static void take_reading(struct loop *loop, struct socket *socket, int32_t id) {
  ssize_t count;
  do count = recv(socket->fd, loop->arena + loop->arena_used, READ_BYTES_MAX, 0);
  while (count < 0 && errno == EINTR);
  if (count > 0) {
    push_record(loop, RECORD_READ, id, (int32_t)loop->arena_used, (int32_t)count);
    /* Each read begins at a cache line of its own. */
    loop->arena_used += ((size_t)count + 63) & ~(size_t)63;
    loop->turn_bytes += (size_t)count;
  } else if (count == 0) {
    socket->ended = true;
    want(loop, socket, socket->want & (uint8_t)~EPOLLIN);
    push_record(loop, RECORD_ENDED, id, 0, 0);
  } else if (errno != EAGAIN) {
    int error = errno;
    want(loop, socket, 0);
    push_record(loop, RECORD_FAILED, id, error, 0);
  }
}

static void take_stream(struct loop *loop, struct socket *socket, int32_t id, uint32_t events) {
  bool troubled = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if ((socket->want & EPOLLIN) != 0) {
    if (troubled || (events & EPOLLIN) != 0) take_reading(loop, socket, id);
  } else if (troubled && socket->ended && (socket->want & EPOLLOUT) == 0) {
    /* Nothing is left to be read, so the error is next. Before the end it waits behind what is unread. */
    int error = error_of(socket->fd);
    if (error != 0) push_record(loop, RECORD_FAILED, id, error, 0);
  }
  if ((socket->want & EPOLLOUT) != 0 && (troubled || (events & EPOLLOUT) != 0))
    push_record(loop, RECORD_WRITABLE, id, 0, 0);
}

static void take(struct loop *loop, const struct epoll_event *event) {
  struct socket *socket =
      socket_at(loop, (int)(uint32_t)event->data.u64, (uint16_t)(event->data.u64 >> 32));
  /* Closed by what an earlier part of this batch has led to. */
  if (socket == NULL) return;
  int32_t id = id_of(loop, socket);
  if (socket->kind == SOCKET_LISTENER) {
    if (socket->want != 0) push_record(loop, RECORD_ACCEPTABLE, id, 0, 0);
  } else if (socket->kind == SOCKET_CONNECTING) {
    socket->kind = SOCKET_STREAM;
    want(loop, socket, 0);
    push_record(loop, RECORD_CONNECTED, id, error_of(socket->fd), 0);
  } else {
    take_stream(loop, socket, id, event->events);
  }
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
  int unsent = carry_out_sends(loop);
  if (alive && unsent > 0) alive = call_javascript(loop, loop->unsent, unsent);
  loop->arena_used = 0;
  return alive;
}

static bool deliver(struct loop *loop) {
  bool alive = true;
  while (alive && loop->records_count > 0) {
    loop->in_batch = true;
    alive = tell_batch(loop);
    loop->in_batch = false;
    settle_interest(loop);
  }
  return alive;
}

static bool has_room(const struct loop *loop) {
  return ARENA_BYTES - loop->arena_used >= READ_BYTES_MAX && loop->records_count + 3 <= RECORDS_MAX;
}

void on_ready(uv_poll_t *poll, int status, int ready) {
  struct loop *loop = poll->data;
  (void)ready;
  if (status < 0 || loop->in_batch) return;
  struct epoll_event events[EVENTS_MAX];
  loop->turn_bytes = 0;
  for (int round = 0; round < FULL_ROUNDS_MAX && loop->turn_bytes < TURN_BYTES_MAX; round++) {
    int count = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, 0);
    if (count <= 0) return;
    for (int index = 0; index < count;) {
      loop->in_batch = true;
      while (index < count && has_room(loop)) take(loop, &events[index++]);
      loop->in_batch = false;
      if (loop->records_count == 0) settle_interest(loop);
      if (!deliver(loop)) return;
    }
    if (count < EVENTS_MAX && round + 1 >= ROUNDS_MAX) return;
  }
}
