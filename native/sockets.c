/*
 * Takes descriptors into the table of sockets, and closes them.
 */
#include "portcall.h"

#include <unistd.h>

int32_t adopt(struct loop *loop, int fd, enum socket_kind kind, bool is_tcp) {
  int slot = take_slot(loop);
  if (slot < 0) {
    close(fd);
    return slot;
  }
  struct socket *socket = &loop->sockets[slot];
  /* The slot may still be in the list of changed sockets, from its previous use. */
  struct socket fresh = {
      .fd = fd,
      .kind = (uint8_t)kind,
      .is_tcp = is_tcp,
      .generation = socket->generation,
      .listed = socket->listed,
      .next_listed = socket->next_listed,
      .next_free = -1,
  };
  *socket = fresh;
  update_active(loop, socket);
  return id_of(loop, socket);
}

void release(struct loop *loop, struct socket *socket) {
  /* Before the descriptor is closed: a client that finds the file must find a listener. */
  remove_socket_file(socket->file);
  socket->file = NULL;
  loop->backend->close_fd(loop, socket);
  forget(loop, socket);
}

void forget(struct loop *loop, struct socket *socket) {
  socket->fd = -1;
  socket->kind = SOCKET_FREE;
  update_active(loop, socket);
  free_slot(loop, (int)(socket - loop->sockets));
}
