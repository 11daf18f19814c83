/*
 * Creates, fills and empties an io_uring.
 *
 * The kernel produces completions only when asked (DEFER_TASKRUN), so nothing is read while JavaScript handles a
 * batch.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often the kernel is asked again after it reported a lack of memory. */
#define ATTEMPTS_MAX 100

static int map_rings(struct ring *ring, const struct io_uring_params *params) {
  size_t entries_end = params->sq_off.array + params->sq_entries * sizeof(unsigned);
  size_t completions_end = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
  ring->memory_bytes = entries_end > completions_end ? entries_end : completions_end;
  ring->entries_bytes = params->sq_entries * sizeof(struct io_uring_sqe);
  int protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;
  void *memory = mmap(NULL, ring->memory_bytes, protection, flags, ring->fd, IORING_OFF_SQ_RING);
  if (memory == MAP_FAILED) return -errno;
  ring->memory = memory;
  void *entries = mmap(NULL, ring->entries_bytes, protection, flags, ring->fd, IORING_OFF_SQES);
  if (entries == MAP_FAILED) return -errno;
  ring->entries = entries;
  return 0;
}

static unsigned *word_at(const struct ring *ring, uint32_t offset) {
  return (unsigned *)((char *)ring->memory + offset);
}

int ring_open(struct ring *ring) {
  struct io_uring_params params = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL |
               IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
      .cq_entries = COMPLETIONS,
  };
  memset(ring, 0, sizeof *ring);
  ring->fd = (int)syscall(__NR_io_uring_setup, RING_ENTRIES, &params);
  if (ring->fd < 0) return -errno;
  uint32_t needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_CQE_SKIP;
  int failed = (params.features & needed) == needed ? map_rings(ring, &params) : -EINVAL;
  if (failed < 0) {
    ring_close(ring);
    return failed;
  }
  ring->entries_head = word_at(ring, params.sq_off.head);
  ring->entries_tail = word_at(ring, params.sq_off.tail);
  ring->entries_flags = word_at(ring, params.sq_off.flags);
  ring->entries_size = params.sq_entries;
  ring->entries_mask = params.sq_entries - 1;
  ring->completions_head = word_at(ring, params.cq_off.head);
  ring->completions_tail = word_at(ring, params.cq_off.tail);
  ring->completions_flags = word_at(ring, params.cq_off.flags);
  ring->completions_size = params.cq_entries;
  ring->completions_mask = params.cq_entries - 1;
  ring->completions = (struct io_uring_cqe *)word_at(ring, params.cq_off.cqes);
  unsigned *order = word_at(ring, params.sq_off.array);
  for (unsigned index = 0; index < params.sq_entries; index++) order[index] = index;
  return 0;
}

void ring_close(struct ring *ring) {
  if (ring->fd >= 0) close(ring->fd);
  if (ring->entries != NULL) munmap(ring->entries, ring->entries_bytes);
  if (ring->memory != NULL) munmap(ring->memory, ring->memory_bytes);
  if (ring->buffers != NULL) munmap(ring->buffers, BUFFERS * sizeof(struct io_uring_buf));
  ring->fd = -1;
}

unsigned ring_waiting(const struct ring *ring) {
  return ring->tail - __atomic_load_n(ring->entries_head, __ATOMIC_ACQUIRE);
}

unsigned ring_room(const struct ring *ring) {
  unsigned flags = __atomic_load_n(ring->entries_flags, __ATOMIC_ACQUIRE);
  if ((flags & IORING_SQ_CQ_OVERFLOW) != 0) return 0;
  return ring->completions_size - (ring_tail(ring) - *ring->completions_head);
}

struct io_uring_sqe *ring_entry(struct ring *ring, enum operation operation, int32_t number) {
  if (ring_waiting(ring) == ring->entries_size) ring_enter(ring, false);
  if (ring_waiting(ring) == ring->entries_size) return NULL;
  struct io_uring_sqe *entry = &ring->entries[ring->tail++ & ring->entries_mask];
  memset(entry, 0, sizeof *entry);
  entry->user_data = label_of(operation, number);
  return entry;
}

int ring_enter(struct ring *ring, bool reap) {
  __atomic_store_n(ring->entries_tail, ring->tail, __ATOMIC_RELEASE);
  unsigned flags = reap ? IORING_ENTER_GETEVENTS : 0;
  int error = 0;
  for (int tries = 0; tries < ATTEMPTS_MAX; tries++) {
    unsigned count = ring_waiting(ring);
    if (count == 0 && flags == 0) return 0;
    long taken = syscall(__NR_io_uring_enter, ring->fd, count, 0, flags, NULL, 0);
    if (taken >= 0 && (unsigned)taken == count) return 0;
    if (taken >= 0) continue;
    error = errno;
    if (error != EINTR && error != EAGAIN && error != EBUSY) break;
    /* Busy because completions have no room in the queue: asking for completions makes room. */
    if (error == EBUSY) flags = IORING_ENTER_GETEVENTS;
  }
  return -error;
}

int ring_poll(struct ring *ring, int fd, uint32_t events, enum operation operation, int32_t number) {
  struct io_uring_sqe *entry = ring_entry(ring, operation, number);
  if (entry == NULL) return -EAGAIN;
  entry->opcode = IORING_OP_POLL_ADD;
  entry->fd = fd;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  events = events << 16 | events >> 16;
#endif
  entry->poll32_events = events;
  return 0;
}

void ring_cancel(struct ring *ring, enum operation operation, int32_t number) {
  struct io_uring_sqe *entry = ring_entry(ring, OPERATION_NONE, 0);
  if (entry == NULL) return;
  entry->opcode = IORING_OP_ASYNC_CANCEL;
  entry->flags = IOSQE_CQE_SKIP_SUCCESS;
  entry->fd = -1;
  entry->addr = label_of(operation, number);
}
