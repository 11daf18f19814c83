/*
 * What epoll is asked for, and how long the process stays alive for it.
 *
 * Level-triggered: what is left unread, whatever the reason (a short read in front of
 * urgent data, a batch that was full), comes again by itself. A socket of which nothing is
 * wanted stays registered without any event, edge-triggered: an error or a hang-up, which epoll
 * tells always, is then told once and does not spin.
 *
 * While JavaScript has a batch, changes are only noted, so that pause and resume within one
 * batch cost no system call.
 */
#include "portcall.h"

#include <errno.h>

/* As with node:net: what listens, connects or may still be told something, and who has something to send. */
static bool keeps_alive(const struct socket *socket) {
  if (socket->kind == SOCKET_STREAM) return (socket->started && !socket->ended) || socket->want != 0;
  return socket->kind != SOCKET_FREE;
}

/* Takes a socket into account, or out of it, after something about it has changed. */
void count(struct loop *loop, struct socket *socket) {
  bool counts = keeps_alive(socket);
  if (counts == socket->counted) return;
  socket->counted = counts;
  int before = loop->active;
  loop->active += counts ? 1 : -1;
  if (before == 0) uv_ref((uv_handle_t *)&loop->poll);
  if (loop->active == 0) uv_unref((uv_handle_t *)&loop->poll);
}

static int tell_epoll(struct loop *loop, struct socket *socket) {
  /* A socket that has never been waited for is no business of epoll's yet; and `told` is 0 until then. */
  if (socket->told == socket->want) return 0;
  struct epoll_event event = {
      .events = socket->want == 0 ? (uint32_t)EPOLLET : socket->want,
      .data.u64 = (uint64_t)socket->generation << 32 | (uint32_t)(socket - loop->sockets),
  };
  int operation = socket->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(loop->epoll_fd, operation, socket->fd, &event) < 0) return -errno;
  socket->registered = true;
  socket->told = socket->want;
  return 0;
}

int want(struct loop *loop, struct socket *socket, uint8_t events) {
  bool same = socket->want == events;
  socket->want = events;
  count(loop, socket);
  if (same) return 0;
  if (!loop->in_batch) return tell_epoll(loop, socket);
  if (!socket->listed) {
    socket->listed = true;
    socket->next_listed = loop->first_listed;
    loop->first_listed = (int)(socket - loop->sockets);
  }
  return 0;
}

/* Tells epoll what the batch has changed; what fails becomes a record. */
void settle_interest(struct loop *loop) {
  while (loop->first_listed >= 0 && loop->records_count < RECORDS_MAX) {
    struct socket *socket = &loop->sockets[loop->first_listed];
    loop->first_listed = socket->next_listed;
    socket->listed = false;
    socket->next_listed = -1;
    if (socket->kind == SOCKET_FREE) continue;
    int failed = tell_epoll(loop, socket);
    if (failed < 0) push_record(loop, RECORD_FAILED, id_of(loop, socket), -failed, 0);
  }
}
