/*
 * The table of sockets: slots that are given out again, each time with a new generation,
 * so that an id, or an event of the kernel's, that is out of date finds nothing.
 */
#include "portcall.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* 20 bits of slot below 11 of generation: a positive 32-bit number, which JavaScript keeps without a box. */
#define SLOT_BITS 20
#define SLOTS_MAX (1 << SLOT_BITS)
#define GENERATIONS (1 << 11)

struct socket *socket_at(struct loop *loop, int slot, uint16_t generation) {
  if (slot < 0 || slot >= loop->sockets_size) return NULL;
  struct socket *socket = &loop->sockets[slot];
  return socket->kind != SOCKET_FREE && socket->generation == generation ? socket : NULL;
}

struct socket *socket_of(struct loop *loop, int32_t id) {
  if (id < 0) return NULL;
  return socket_at(loop, id & (SLOTS_MAX - 1), (uint16_t)(id >> SLOT_BITS));
}

int32_t id_of(const struct loop *loop, const struct socket *socket) {
  return (int32_t)((uint32_t)socket->generation << SLOT_BITS | (uint32_t)(socket - loop->sockets));
}

static void append_free(struct loop *loop, int slot) {
  loop->sockets[slot].next_free = -1;
  if (loop->last_free < 0) loop->first_free = slot;
  else loop->sockets[loop->last_free].next_free = slot;
  loop->last_free = slot;
}

static int grow(struct loop *loop) {
  int size = loop->sockets_size == 0 ? 64 : loop->sockets_size * 2;
  if (size > SLOTS_MAX) return -ENFILE;
  struct socket *sockets = realloc(loop->sockets, (size_t)size * sizeof *sockets);
  if (sockets == NULL) return -ENOMEM;
  loop->sockets = sockets;
  for (int slot = loop->sockets_size; slot < size; slot++) {
    sockets[slot] = (struct socket){.fd = -1, .next_listed = -1};
    append_free(loop, slot);
  }
  loop->sockets_size = size;
  return 0;
}

int32_t adopt(struct loop *loop, int fd, enum socket_kind kind, bool is_tcp) {
  if (loop->first_free < 0) {
    int failed = grow(loop);
    if (failed < 0) {
      close(fd);
      return failed;
    }
  }
  int slot = loop->first_free;
  struct socket *socket = &loop->sockets[slot];
  loop->first_free = socket->next_free;
  if (loop->first_free < 0) loop->last_free = -1;
  /* It may still stand in the list of interests, from its life before. */
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
  count(loop, socket);
  return id_of(loop, socket);
}

/* The slot that has been free for longest is given out next: late events have the most time to be found late. */
void release(struct loop *loop, struct socket *socket) {
  if (socket->listener != NULL) {
    /* Before the descriptor: whoever finds the file must find somebody behind it. */
    if (socket->listener->path != NULL) unlink(socket->listener->path);
    free(socket->listener->path);
    free(socket->listener);
    socket->listener = NULL;
  }
  /* Linux closes the descriptor whatever close says. */
  close(socket->fd);
  socket->fd = -1;
  socket->kind = SOCKET_FREE;
  count(loop, socket);
  socket->generation = (uint16_t)((socket->generation + 1) % GENERATIONS);
  append_free(loop, (int)(socket - loop->sockets));
}
