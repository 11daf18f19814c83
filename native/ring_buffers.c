/*
 * What is received: the kernel picks a buffer when there is something to put into it, and fills
 * it bit by bit. A full one goes back when the batch that was told of its last bytes is over.
 */
#include "ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct io_uring_buf_reg, whose flags older headers do not have. */
struct registration {
  uint64_t address;
  uint32_t entries;
  uint16_t group;
  uint16_t flags;
  uint64_t reserved[3];
};
_Static_assert(sizeof(struct registration) == sizeof(struct io_uring_buf_reg), "as the kernel has it");

static void give(struct ring *ring, uint16_t buffer) {
  uint16_t tail = ring->buffers->tail;
  struct io_uring_buf *slot = (struct io_uring_buf *)ring->buffers + (tail & (BUFFERS - 1));
  slot->addr = (uintptr_t)(ring->arena + (size_t)buffer * BUFFER_BYTES);
  slot->len = BUFFER_BYTES;
  slot->bid = buffer;
  ring->filled[buffer] = 0;
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
  if ((completion->flags & IORING_CQE_F_BUF_MORE) == 0 && ring->full_count < BUFFERS)
    ring->full[ring->full_count++] = buffer;
  return offset;
}

void buffers_give_back(struct ring *ring) {
  while (ring->full_count > 0) give(ring, ring->full[--ring->full_count]);
}

int ring_receive(struct ring *ring, int fd, int32_t id) {
  struct io_uring_sqe *entry = ring_entry(ring, OPERATION_RECEIVE, id);
  if (entry == NULL) return -EAGAIN;
  entry->opcode = IORING_OP_RECV;
  entry->fd = fd;
  entry->ioprio = IORING_RECV_MULTISHOT;
  entry->flags = IOSQE_BUFFER_SELECT;
  /* At a time, and in all (the kernel's optlen, which older headers do not have): then it has to be asked again. */
  entry->len = RECEIVE_BYTES_MAX;
  entry->file_index = RECEIVE_BYTES_MAX;
  return 0;
}
