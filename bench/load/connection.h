/*
 * One connection of the modes echo, churn and idle, and what it does next.
 *
 *   CONNECTING ──▶ TALKING ──▶ WAITING      echo at a rate: until the next echo is due
 *        ▲            └──────▶ FINISHING    churn: until the server's FIN
 *        └────────────────────────┘
 *
 * A message is letters and a final newline, so line servers take it as one line. It
 * begins with connection and count, so that no echo can be taken for another.
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/uio.h>

enum phase { CONNECTING, TALKING, FINISHING, WAITING, DEAD };
enum { STAMP_BYTES = 16, RECEIVE_BYTES = 256 * 1024 };

struct connection {
  int fd;
  enum phase phase;
  uint32_t watched; /* the epoll events asked for */
  uint32_t number;
  uint32_t count;
  size_t sent;
  size_t received;
  uint64_t started_ns;
  double due_ns; /* at a rate: when its next echo should begin */
  char stamp[STAMP_BYTES + 1];
};

static int epoll_fd;
static int alive;
static double period_ns;   /* at a rate: between two echoes of one connection */
static size_t stamp_bytes; /* 0 for messages too short to carry one */
static char *message;      /* what all messages share: everything but the stamp */
static char received_bytes[RECEIVE_BYTES];

static void make_message(void) {
  message = malloc(options.bytes);
  for (size_t i = 0; i < options.bytes; i++) message[i] = (char)('a' + i % 26);
  message[options.bytes - 1] = '\n';
  stamp_bytes = options.bytes > STAMP_BYTES ? STAMP_BYTES : 0;
}

static void failed(struct connection *connection, const char *what, int error) {
  count_error(what, error);
  if (connection->fd >= 0) close(connection->fd);
  connection->fd = -1;
  connection->phase = DEAD;
  alive--;
}

static void watch(struct connection *connection, uint32_t events) {
  if (connection->watched == events) return;
  struct epoll_event event = {.events = events, .data.ptr = connection};
  epoll_ctl(epoll_fd, connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connection->fd, &event);
  connection->watched = events;
}

/* Begins to connect; `handle` is called when that is done. */
static void open_connection(struct connection *connection) {
  connection->fd = make_socket(connection->number);
  connection->watched = 0;
  connection->phase = CONNECTING;
  if (connection->fd < 0) return failed(connection, "socket", errno);
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  if (connect(connection->fd, (struct sockaddr *)&target, sizeof target) != 0 && errno != EINPROGRESS)
    return failed(connection, "connect", errno);
  watch(connection, EPOLLIN | EPOLLOUT);
}

static void send_more(struct connection *connection) {
  while (connection->sent < options.bytes) {
    struct iovec pieces[2];
    int used = 0;
    if (connection->sent < stamp_bytes)
      pieces[used++] = (struct iovec){connection->stamp + connection->sent, stamp_bytes - connection->sent};
    size_t from = connection->sent < stamp_bytes ? stamp_bytes : connection->sent;
    pieces[used++] = (struct iovec){message + from, options.bytes - from};
    ssize_t sent = writev(connection->fd, pieces, used);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return watch(connection, EPOLLIN | EPOLLOUT);
    if (sent < 0) return failed(connection, "send", errno);
    connection->sent += (size_t)sent;
  }
  watch(connection, EPOLLIN);
}

static void begin_message(struct connection *connection, uint64_t started_ns) {
  connection->phase = TALKING;
  connection->sent = connection->received = 0;
  connection->started_ns = started_ns;
  if (stamp_bytes) {
    static const char digits[] = "0123456789abcdef";
    uint64_t value = (uint64_t)connection->number << 32 | connection->count++;
    for (int i = STAMP_BYTES - 1; i >= 0; i--, value >>= 4) connection->stamp[i] = digits[value & 15];
  }
  send_more(connection);
}

/* At a rate an echo counts from when it was due: one that had to wait for the one before it has taken longer. */
static void begin_if_due(struct connection *connection, uint64_t now) {
  connection->phase = WAITING;
  if (connection->due_ns > (double)now) return;
  uint64_t due_ns = (uint64_t)connection->due_ns;
  connection->due_ns += period_ns;
  begin_message(connection, due_ns);
}

/* Whether these bytes are the ones that the message has at this place. */
static int as_sent(const struct connection *connection, const char *bytes, size_t size) {
  size_t at = connection->received;
  if (at < stamp_bytes) {
    size_t in_stamp = stamp_bytes - at < size ? stamp_bytes - at : size;
    if (memcmp(bytes, connection->stamp + at, in_stamp) != 0) return 0;
    bytes += in_stamp, size -= in_stamp, at += in_stamp;
  }
  return memcmp(bytes, message + at, size) == 0;
}

static void operation_done(struct connection *connection, uint64_t now) {
  operations++;
  histogram_record(&latency, now - connection->started_ns);
}

static void message_done(struct connection *connection) {
  uint64_t now = now_ns();
  if (options.mode == CHURN) {
    connection->phase = FINISHING;
    shutdown(connection->fd, SHUT_WR);
  } else if (options.mode == IDLE) {
    operation_done(connection, now);
    connection->phase = WAITING;
  } else {
    operation_done(connection, now);
    if (period_ns > 0) begin_if_due(connection, now);
    else begin_message(connection, now);
  }
}

static void peer_ended(struct connection *connection) {
  if (connection->phase != FINISHING) return failed(connection, "the server closed too early", 0);
  close(connection->fd);
  uint64_t now = now_ns();
  operation_done(connection, now);
  connection->started_ns = now;
  open_connection(connection);
}

static void receive(struct connection *connection) {
  ssize_t size = recv(connection->fd, received_bytes, RECEIVE_BYTES, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return failed(connection, "receive", errno);
  if (size == 0) return peer_ended(connection);
  if (connection->phase != TALKING || connection->received + (size_t)size > connection->sent)
    return failed(connection, "the server sent more than it got", 0);
  if (!as_sent(connection, received_bytes, (size_t)size))
    return failed(connection, "the echo differs from what was sent", 0);
  connection->received += (size_t)size;
  if (connection->received == options.bytes) message_done(connection);
}

static void handle(struct connection *connection, uint32_t events) {
  if (connection->phase == CONNECTING) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) return failed(connection, "connect", error);
    return begin_message(connection, connection->started_ns);
  }
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(connection);
  if (connection->phase == TALKING && events & EPOLLOUT && connection->watched & EPOLLOUT) send_more(connection);
}
