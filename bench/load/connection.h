/*
 * One connection of the modes echo, churn and idle, and its next step.
 *
 *   RESTING ──▶ CONNECTING ──▶ TALKING ──▶ RESTING       echo: connects once
 *                                 └──────▶ FINISHING ──▶ RESTING      churn: until the server's FIN
 *
 * From RESTING a closed loop begins the next operation at once, until the slice ends;
 * at a rate it begins when it is due.
 *
 * A message is letters and a final newline, so a line server takes it as one line. It
 * begins with the numbers of connection and message, so that no echo can be taken for another.
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/uio.h>

enum phase { RESTING, CONNECTING, TALKING, FINISHING };
enum { STAMP_BYTES = 16, RECEIVE_BYTES = 256 * 1024 };

struct connection {
  int fd; /* -1 if not connected */
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

static int slice_over = 1; /* begin no further operation */
static double period_ns;   /* at a rate: between two echoes of one connection */
static size_t stamp_bytes; /* 0 for messages too short to carry one */
static char *message;      /* the part that all messages share: everything but the stamp */
static char received_bytes[RECEIVE_BYTES];

static void make_message(void) {
  message = malloc(options.bytes);
  for (size_t i = 0; i < options.bytes; i++) message[i] = (char)('a' + i % 26);
  message[options.bytes - 1] = '\n';
  stamp_bytes = options.bytes > STAMP_BYTES ? STAMP_BYTES : 0;
}

static struct connection *make_connections(int count) {
  struct connection *connections = calloc((size_t)count, sizeof *connections);
  for (int i = 0; i < count; i++) connections[i] = (struct connection){.fd = -1, .number = (uint32_t)i};
  return connections;
}

static void watch(struct connection *connection, uint32_t events) {
  if (connection->watched == events) return;
  struct epoll_event event = {.events = events, .data.ptr = connection};
  epoll_ctl(current->epoll_fd, connection->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connection->fd, &event);
  connection->watched = events;
}

/* Begins to connect; `handle` is called when that is done. */
static void open_connection(struct connection *connection) {
  connection->fd = make_socket(connection->number);
  connection->watched = 0;
  connection->phase = CONNECTING;
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  if (connect(connection->fd, (struct sockaddr *)&current->address, sizeof current->address) != 0 && errno != EINPROGRESS)
    failed("connect", errno);
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
    if (sent < 0) failed("send", errno);
    connection->sent += (size_t)sent;
  }
  watch(connection, EPOLLIN);
}

static void begin_message(struct connection *connection) {
  connection->phase = TALKING;
  connection->sent = connection->received = 0;
  if (stamp_bytes) {
    static const char digits[] = "0123456789abcdef";
    uint64_t value = (uint64_t)connection->number << 32 | connection->count++;
    for (int i = STAMP_BYTES - 1; i >= 0; i--, value >>= 4) connection->stamp[i] = digits[value & 15];
  }
  send_more(connection);
}

static void begin_operation(struct connection *connection, uint64_t started_ns) {
  current->under_way++;
  connection->started_ns = started_ns;
  if (connection->fd < 0) open_connection(connection);
  else begin_message(connection);
}

/* At a rate an echo counts from when it was due, so that the wait for the echo before it is counted too. */
static void begin_if_due(struct connection *connection, uint64_t now) {
  if (slice_over || connection->due_ns > (double)now) return;
  uint64_t due_ns = (uint64_t)connection->due_ns;
  connection->due_ns += period_ns;
  begin_operation(connection, due_ns);
}

static void operation_done(struct connection *connection) {
  uint64_t now = now_ns();
  connection->phase = RESTING;
  current->under_way--;
  current->operations++;
  histogram_record(&current->latency, now - connection->started_ns);
  if (period_ns > 0) begin_if_due(connection, now);
  else if (!slice_over) begin_operation(connection, now);
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

static void message_done(struct connection *connection) {
  if (options.mode != CHURN) return operation_done(connection);
  connection->phase = FINISHING;
  shutdown(connection->fd, SHUT_WR);
}

static void peer_ended(struct connection *connection) {
  if (connection->phase != FINISHING) failed("the server closed too early", 0);
  close(connection->fd);
  connection->fd = -1;
  operation_done(connection);
}

static void receive(struct connection *connection) {
  ssize_t size = recv(connection->fd, received_bytes, RECEIVE_BYTES, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) failed("receive", errno);
  if (size == 0) return peer_ended(connection);
  if (connection->phase != TALKING || connection->received + (size_t)size > connection->sent)
    failed("the server sent more than it got", 0);
  if (!as_sent(connection, received_bytes, (size_t)size)) failed("the echo differs from what was sent", 0);
  connection->received += (size_t)size;
  if (connection->received == options.bytes) message_done(connection);
}

static void handle(struct connection *connection, uint32_t events) {
  if (connection->phase == CONNECTING) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) failed("connect", error);
    return begin_message(connection);
  }
  if (events & EPOLLOUT && connection->phase == TALKING && connection->sent < options.bytes) send_more(connection);
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(connection);
}
