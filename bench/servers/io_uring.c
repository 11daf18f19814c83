/*
 * The same over io_uring, in the style of recent Linux: multishot accept, multishot receive into buffers that the
 * kernel picks, sends from those same buffers, and one system call per batch that submits and waits (DEFER_TASKRUN,
 * SINGLE_ISSUER). A client has one send under way. Later buffers queue behind it, because sends may overtake one
 * another.
 *
 * When no buffer is left, a receive ends with ENOBUFS. It is requested again once a send has returned a buffer.
 *
 * Without a service it only reports by its exit status whether io_uring works here, which many containers forbid.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <sys/mman.h>

#include "listener.h"

/*
 * Each buffer begins one cache line later in its page than the one before. Otherwise small messages would all use the
 * same few sets of the cache.
 */
enum { RING_ENTRIES = 4096, BUFFERS = 512, BUFFER_BYTES = 64 * 1024, STEP_BYTES = BUFFER_BYTES + 64, NO_BUFFER = -1 };

/* The kind of a completion: in the low bits of its user data, beside the client. */
enum operation { ACCEPTED, RECEIVED, SENT };
enum { OPERATION_BITS = 3 };

struct client {
  int fd;
  int receiving; /* a receive is under way, or waits for buffers */
  int first;     /* the buffer being sent, and the last of those behind it */
  int last;
  uint64_t count;
  struct client *next_starved;
};

static enum service service;
static struct io_uring ring;
static struct io_uring_buf_ring *buffer_ring;
static char *buffers;
static int buffer_bytes[BUFFERS]; /* how much is in it, and of that, how much is sent */
static int buffer_sent[BUFFERS];
static int buffer_behind[BUFFERS];
static struct client *starved;

static struct io_uring_sqe *next_entry(void) {
  struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
  if (entry) return entry;
  io_uring_submit(&ring);
  return io_uring_get_sqe(&ring);
}

static void label(struct io_uring_sqe *entry, struct client *client, enum operation operation) {
  io_uring_sqe_set_data64(entry, (uintptr_t)client | operation);
}

static void ask_for_clients(int listener) {
  struct io_uring_sqe *entry = next_entry();
  io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
  label(entry, NULL, ACCEPTED);
}

static void ask_for_bytes(struct client *client) {
  struct io_uring_sqe *entry = next_entry();
  io_uring_prep_recv_multishot(entry, client->fd, NULL, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = 0;
  label(entry, client, RECEIVED);
  client->receiving = 1;
}

static void send_first(struct client *client) {
  int buffer = client->first;
  struct io_uring_sqe *entry = next_entry();
  io_uring_prep_send(entry, client->fd, buffers + (size_t)buffer * STEP_BYTES + buffer_sent[buffer],
                     (size_t)(buffer_bytes[buffer] - buffer_sent[buffer]), MSG_NOSIGNAL | MSG_WAITALL);
  label(entry, client, SENT);
}

static void give_back(int buffer) {
  io_uring_buf_ring_add(buffer_ring, buffers + (size_t)buffer * STEP_BYTES, BUFFER_BYTES, (unsigned short)buffer,
                        io_uring_buf_ring_mask(BUFFERS), 0);
  io_uring_buf_ring_advance(buffer_ring, 1);
}

static void drop_if_done(struct client *client) {
  if (client->receiving || client->first != NO_BUFFER) return;
  if (service == SERVICE_COUNT) send_count(client->fd, client->count);
  close(client->fd);
  free(client);
}

static void received(struct client *client, const struct io_uring_cqe *completion) {
  if (completion->res == -ENOBUFS) {
    client->next_starved = starved;
    starved = client;
    return;
  }
  if (completion->res > 0) {
    int buffer = (int)(completion->flags >> IORING_CQE_BUFFER_SHIFT);
    client->count += (uint64_t)completion->res;
    if (service == SERVICE_COUNT) give_back(buffer);
    else {
      buffer_bytes[buffer] = completion->res;
      buffer_sent[buffer] = 0;
      buffer_behind[buffer] = NO_BUFFER;
      if (client->first == NO_BUFFER) {
        client->first = buffer;
        send_first(client);
      } else buffer_behind[client->last] = buffer;
      client->last = buffer;
    }
  }
  if (completion->flags & IORING_CQE_F_MORE) return;
  if (completion->res > 0) return ask_for_bytes(client);
  client->receiving = 0;
  drop_if_done(client);
}

static void sent(struct client *client, int bytes) {
  int buffer = client->first;
  if (bytes > 0) buffer_sent[buffer] += bytes;
  if (bytes > 0 && buffer_sent[buffer] < buffer_bytes[buffer]) return send_first(client);
  /* A client that takes no more data: end its receive, too. */
  if (bytes < 0) shutdown(client->fd, SHUT_RDWR);
  client->first = buffer_behind[buffer];
  give_back(buffer);
  if (client->first != NO_BUFFER) send_first(client);
  else drop_if_done(client);
}

static void accepted(int listener, const struct io_uring_cqe *completion) {
  if (!(completion->flags & IORING_CQE_F_MORE)) ask_for_clients(listener);
  if (completion->res < 0) return;
  struct client *client = calloc(1, sizeof *client);
  client->fd = completion->res;
  client->first = NO_BUFFER;
  ask_for_bytes(client);
}

static void feed_the_starved(void) {
  while (starved) {
    struct client *client = starved;
    starved = client->next_starved;
    ask_for_bytes(client);
  }
}

static void prepare(void) {
  struct io_uring_params params = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
                                   .cq_entries = 4 * RING_ENTRIES};
  int error = io_uring_queue_init_params(RING_ENTRIES, &ring, &params);
  errno = -error;
  if (error < 0) give_up("io_uring");
  int flags = MAP_ANONYMOUS | MAP_PRIVATE;
  buffer_ring = mmap(NULL, BUFFERS * sizeof(struct io_uring_buf), PROT_READ | PROT_WRITE, flags, -1, 0);
  buffers = mmap(NULL, (size_t)BUFFERS * STEP_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (buffer_ring == MAP_FAILED || buffers == MAP_FAILED) give_up("mmap");
  io_uring_buf_ring_init(buffer_ring);
  struct io_uring_buf_reg group = {.ring_addr = (uintptr_t)buffer_ring, .ring_entries = BUFFERS, .bgid = 0};
  error = io_uring_register_buf_ring(&ring, &group, 0);
  errno = -error;
  if (error < 0) give_up("io_uring buffers");
  for (int buffer = 0; buffer < BUFFERS; buffer++) give_back(buffer);
}

int main(int count, char **words) {
  prepare();
  if (count == 1) return 0;
  service = choose_service(count, words);
  int listener = listen_on_loopback();
  ask_for_clients(listener);
  say_ready(listener);

  for (;;) {
    struct io_uring_cqe *completion;
    unsigned head, taken = 0;
    io_uring_submit_and_wait(&ring, 1);
    io_uring_for_each_cqe(&ring, head, completion) {
      struct client *client = (struct client *)(uintptr_t)(completion->user_data >> OPERATION_BITS << OPERATION_BITS);
      switch ((enum operation)(completion->user_data & ((1 << OPERATION_BITS) - 1))) {
      case ACCEPTED:
        accepted(listener, completion);
        break;
      case RECEIVED:
        received(client, completion);
        break;
      default:
        sent(client, completion->res);
      }
      taken++;
    }
    io_uring_cq_advance(&ring, taken);
    feed_the_starved();
  }
}
