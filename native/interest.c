/*
 * The events that JavaScript wants of each socket, and whether they keep the process alive.
 *
 * During a batch changes are only noted, so that a pause and a resume within one batch cost nothing.
 */
#include "portcall.h"

/* As in node:net, these keep the process alive: listeners, connecting sockets, streams that are read, and streams
 * with bytes to send. */
static bool keeps_alive(const struct socket *socket) {
  /* As in libuv, which counts pending writes apart from handles. */
  if (socket->unreferenced) return socket->kind == SOCKET_STREAM && (socket->wanted & POLLOUT) != 0;
  if (socket->kind == SOCKET_STREAM) return (socket->started && !socket->ended) || socket->wanted != 0;
  return socket->kind != SOCKET_FREE;
}

/* Updates `active` after a change of the socket. */
void update_active(struct loop *loop, struct socket *socket) {
  bool counts = keeps_alive(socket);
  if (counts == socket->counted) return;
  socket->counted = counts;
  int before = loop->active;
  loop->active += counts ? 1 : -1;
  if (before == 0) uv_ref((uv_handle_t *)&loop->poll);
  if (loop->active == 0) uv_unref((uv_handle_t *)&loop->poll);
}

/* Registers the socket's interest when the batch is over. */
void mark_changed(struct loop *loop, struct socket *socket) {
  if (socket->listed) return;
  socket->listed = true;
  loop->listed_count++;
  socket->next_listed = loop->first_listed;
  loop->first_listed = (int)(socket - loop->sockets);
}

int set_interest(struct loop *loop, struct socket *socket, uint8_t events) {
  uint8_t before = socket->wanted;
  socket->wanted = events;
  update_active(loop, socket);
  if (before == events) return 0;
  /* Datagram sockets rarely change their interest, and the caller needs to know at once whether registering failed. */
  if (socket->kind == SOCKET_DATAGRAMS) {
    int failed = loop->backend->register_interest(loop, socket);
    if (failed < 0) socket->wanted = before;
    update_active(loop, socket);
    loop->backend->submit(loop);
    return failed;
  }
  if (loop->in_batch) {
    mark_changed(loop, socket);
    return 0;
  }
  int failed = loop->backend->register_interest(loop, socket);
  loop->backend->submit(loop);
  return failed;
}

/* Registers the changes of the batch with the kernel. A failure becomes a record. */
void apply_interest(struct loop *loop) {
  while (loop->first_listed >= 0 && loop->records_count < RECORDS_MAX) {
    struct socket *socket = &loop->sockets[loop->first_listed];
    loop->first_listed = socket->next_listed;
    socket->listed = false;
    loop->listed_count--;
    socket->next_listed = -1;
    if (socket->kind == SOCKET_FREE) continue;
    int failed = loop->backend->register_interest(loop, socket);
    if (failed < 0) push_record(loop, RECORD_FAILED, id_of(loop, socket), -failed, 0);
  }
}
