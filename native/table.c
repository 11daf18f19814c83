/*
 * The table of sockets. Slots are reused, each time with a new generation, so that an outdated id or kernel event
 * finds no socket.
 */
#include "portcall.h"

#include <errno.h>
#include <stdlib.h>

/* 20 bits of slot below 11 bits of generation: a positive 32-bit number, which V8 stores without allocating. */
#define SLOT_BITS 20
#define SLOTS_MAX (1 << SLOT_BITS)
#define GENERATIONS (1 << 11)

struct socket *socket_at(struct loop *loop, int slot, uint16_t generation) {
  if (slot < 0 || slot >= loop->slots_used) return NULL;
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

/* So many slots are free before the first of them is reused. Late events then still find an unused slot. */
#define FREE_MIN 64

static void append_free(struct loop *loop, int slot) {
  loop->sockets[slot].next_free = -1;
  if (loop->last_free < 0) loop->first_free = slot;
  else loop->sockets[loop->last_free].next_free = slot;
  loop->last_free = slot;
  loop->slots_free++;
}

/* The slot that has been free for longest. */
static int take_free(struct loop *loop) {
  int slot = loop->first_free;
  loop->first_free = loop->sockets[slot].next_free;
  if (loop->first_free < 0) loop->last_free = -1;
  loop->slots_free--;
  return slot;
}

static int grow(struct loop *loop) {
  int size = loop->sockets_size == 0 ? 64 : loop->sockets_size * 2;
  if (size > SLOTS_MAX) return -ENFILE;
  struct socket *sockets = realloc(loop->sockets, (size_t)size * sizeof *sockets);
  if (sockets == NULL) return -ENOMEM;
  loop->sockets = sockets;
  loop->sockets_size = size;
  return 0;
}

/* A slot, or -errno. Slots that were never used stay untouched, so their memory costs nothing. */
int take_slot(struct loop *loop) {
  if (loop->slots_free >= FREE_MIN) return take_free(loop);
  if (loop->slots_used == loop->sockets_size) {
    int failed = grow(loop);
    if (failed < 0 && loop->slots_free > 0) return take_free(loop);
    if (failed < 0) return failed;
  }
  loop->sockets[loop->slots_used] = (struct socket){.fd = -1, .next_listed = -1};
  return loop->slots_used++;
}

void free_slot(struct loop *loop, int slot) {
  struct socket *socket = &loop->sockets[slot];
  socket->generation = (uint16_t)((socket->generation + 1) % GENERATIONS);
  append_free(loop, slot);
}
