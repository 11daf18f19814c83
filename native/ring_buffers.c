/*
 * Received bytes. The kernel picks a buffer when bytes arrive, and fills it in steps. A full buffer goes back to the
 * kernel when the batch that reported its last bytes is over. The front buffer is then refilled from its beginning,
 * if all its bytes have been reported. So a stream that is only read stays in the same memory: copying to memory
 * outside the cache takes half as long again.
 */
#include "ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct io_uring_buf_reg, whose flags older headers lack. */
struct registration {
  uint64_t address;
  uint32_t entries;
  uint16_t group;
  uint16_t flags;
  uint64_t reserved[3];
};
_Static_assert(sizeof(struct registration) == sizeof(struct io_uring_buf_reg), "the layout is the kernel's");

static struct io_uring_buf *slot_of(struct ring *ring, uint16_t position) {
  return (struct io_uring_buf *)ring->buffers + (position & (BUFFERS - 1));
}

static void fill_in(struct ring *ring, struct io_uring_buf *slot, uint16_t buffer) {
  slot->addr = (uintptr_t)(ring->arena + (size_t)buffer * BUFFER_BYTES);
  slot->len = BUFFER_BYTES;
  slot->bid = buffer;
  ring->filled[buffer] = 0;
}

static void give(struct ring *ring, uint16_t buffer) {
  uint16_t tail = ring->buffers->tail;
  fill_in(ring, slot_of(ring, tail), buffer);
  __atomic_store_n(&ring->buffers->tail, (uint16_t)(tail + 1), __ATOMIC_RELEASE);
}

int buffers_open(struct ring *ring, uint8_t *arena) {
  ring->arena = arena;
  void *memory = mmap(NULL, BUFFERS * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE,
                      MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  ring->buffers = memory;
  struct registration registration = {
      .address = (uintptr_t)memory, .entries = BUFFERS, .flags = BUFFER_RING_INCREMENTAL};
  if (syscall(__NR_io_uring_register, ring->fd, IORING_REGISTER_PBUF_RING, &registration, 1) < 0) return -errno;
  for (uint16_t buffer = 0; buffer < BUFFERS; buffer++) give(ring, buffer);
  return 0;
}

uint32_t buffers_take(struct ring *ring, const struct io_uring_cqe *completion) {
  uint16_t buffer = (uint16_t)(completion->flags >> IORING_CQE_BUFFER_SHIFT) & (BUFFERS - 1);
  uint32_t offset = buffer * (uint32_t)BUFFER_BYTES + ring->filled[buffer];
  ring->filled[buffer] += (uint32_t)completion->res;
  if ((completion->flags & IORING_CQE_F_BUF_MORE) == 0) {
    ring->first_buffer++;
    if (ring->full_count < BUFFERS) ring->full[ring->full_count++] = buffer;
  }
  return offset;
}

/* Whether received bytes are not reported yet: their completion is in the queue, or the queue had no room for it. */
static bool holds_unreported(const struct ring *ring) {
  if ((__atomic_load_n(ring->entries_flags, __ATOMIC_ACQUIRE) & IORING_SQ_CQ_OVERFLOW) != 0) return true;
  for (unsigned at = *ring->completions_head; at != ring_tail(ring); at++)
    if ((ring_completion(ring, at)->flags & IORING_CQE_F_BUFFER) != 0) return true;
  return false;
}

/* The kernel reads the position from the slot, and only during io_uring_enter (DEFER_TASKRUN). */
static void rewind_first(struct ring *ring) {
  if (ring->first_buffer == ring->buffers->tail) return;
  struct io_uring_buf *slot = slot_of(ring, ring->first_buffer);
  if (ring->filled[slot->bid] == 0) return;
  fill_in(ring, slot, slot->bid);
}

void buffers_release(struct ring *ring) {
  while (ring->full_count > 0) give(ring, ring->full[--ring->full_count]);
  ring->starved = false;
  if (!holds_unreported(ring)) rewind_first(ring);
}

int ring_receive(struct ring *ring, int fd, int32_t id) {
  struct io_uring_sqe *entry = ring_entry(ring, OPERATION_RECEIVE, id);
  if (entry == NULL) return -EAGAIN;
  entry->opcode = IORING_OP_RECV;
  entry->fd = fd;
  entry->ioprio = IORING_RECV_MULTISHOT;
  entry->flags = IOSQE_BUFFER_SELECT;
  /* The limit per receive, and in all (the kernel's optlen, which older headers lack). After that it is asked again. */
  entry->len = RECEIVE_BYTES_MAX;
  entry->file_index = RECEIVE_BYTES_MAX;
  return 0;
}
