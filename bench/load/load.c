/*
 * The load program of the bench: one thread, one epoll, no dependency.
 *
 *   load --mode echo --port 4000 --connections 50 --bytes 64 --warmup 1 --seconds 5 --pid 1234
 *
 * Closed loop: each connection has one operation under way, and begins the next
 * when that is done. What an operation is, the mode says:
 *
 *   echo    send a message, receive all of it back, compare every byte
 *   churn   connect, echo one message, FIN, the peer's FIN
 *   bulk    hand a message to the kernel, without waiting for an answer
 *   idle    none: each connection echoes once, then all are silent
 *
 * A message is letters and a final newline, so line servers take it as one line.
 * It begins with connection and count, so that no echo can be taken for another.
 *
 * After the warm-up the counters start anew, and the usage of process --pid is
 * read at both ends of the measured time, here and not in the harness, so that
 * both are the same moments. The result is one JSON object on stdout. Exit status
 * 0 even if connections failed (`errors` counts them), 2 for a mistake in the call
 * or a server that has gone.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "cpu_busy.h"
#include "histogram.h"
#include "process_usage.h"

enum mode { ECHO, CHURN, BULK, IDLE };
enum phase { CONNECTING, TALKING, FINISHING, SILENT, DEAD };
enum { STAMP_BYTES = 16, RECEIVE_BYTES = 256 * 1024, EVENTS_MAX = 256 };

struct connection {
  int fd;
  enum phase phase;
  uint32_t watched; /* the epoll events asked for */
  uint32_t number;
  uint32_t count;
  size_t sent;
  size_t received;
  uint64_t started_ns;
  char stamp[STAMP_BYTES + 1];
};

static struct {
  enum mode mode;
  const char *mode_name;
  const char *host;
  int port;
  int connections;
  size_t bytes;
  double warmup_seconds;
  double seconds;
  uint64_t operations_max; /* 0: go by time */
  int pid;                 /* 0: no process to look at */
} options = {ECHO, "echo", "127.0.0.1", 0, 50, 64, 1, 5, 0, 0};

static struct sockaddr_in target;
static int epoll_fd;
static int alive;
static size_t stamp_bytes; /* 0 for messages too short to carry one */
static char *message;      /* what all messages share: everything but the stamp */
static char received_bytes[RECEIVE_BYTES];

static struct histogram latency;
static uint64_t operations, errors;
static char first_error[160];

static uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void give_up(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(2);
}

/* ---- one connection ---- */

static void failed(struct connection *connection, const char *what, int error) {
  errors++;
  if (!first_error[0])
    snprintf(first_error, sizeof first_error, "%s%s%s", what, error ? ": " : "", error ? strerror(error) : "");
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

/*
 * Opens a connection. Each comes from one of 200 loopback addresses, for in churn
 * every closed connection keeps its port for a minute (TIME_WAIT), and one
 * address has only 28,000 of them.
 */
static void open_connection(struct connection *connection, int nonblocking) {
  int on = 1;
  connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
  connection->watched = 0;
  connection->phase = CONNECTING;
  if (connection->fd < 0) return failed(connection, "socket", errno);
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (ntohl(target.sin_addr.s_addr) >> 24 == 127) {
    setsockopt(connection->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002 + connection->number % 200)};
    if (bind(connection->fd, (struct sockaddr *)&from, sizeof from) != 0) return failed(connection, "bind", errno);
  }
  if (connect(connection->fd, (struct sockaddr *)&target, sizeof target) != 0 && errno != EINPROGRESS)
    return failed(connection, "connect", errno);
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
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
    if (connection->sent == options.bytes && options.mode == BULK) {
      /* Stay no longer with one connection than one message: the others wait. */
      operations++;
      connection->sent = 0;
      return watch(connection, EPOLLIN | EPOLLOUT);
    }
  }
  watch(connection, EPOLLIN);
}

static void begin_message(struct connection *connection, uint64_t now) {
  connection->phase = TALKING;
  connection->sent = connection->received = 0;
  connection->started_ns = now;
  if (stamp_bytes) {
    static const char digits[] = "0123456789abcdef";
    uint64_t value = (uint64_t)connection->number << 32 | connection->count++;
    for (int i = STAMP_BYTES - 1; i >= 0; i--, value >>= 4) connection->stamp[i] = digits[value & 15];
  }
  send_more(connection);
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
  switch (options.mode) {
  case ECHO:
    operation_done(connection, now);
    return begin_message(connection, now);
  case CHURN:
    connection->phase = FINISHING;
    shutdown(connection->fd, SHUT_WR);
    return;
  default:
    connection->phase = SILENT;
  }
}

static void peer_ended(struct connection *connection) {
  if (connection->phase != FINISHING) return failed(connection, "the server closed too early", 0);
  close(connection->fd);
  uint64_t now = now_ns();
  operation_done(connection, now);
  connection->started_ns = now;
  open_connection(connection, 1);
  if (connection->phase == CONNECTING) watch(connection, EPOLLIN | EPOLLOUT);
}

static void receive(struct connection *connection) {
  ssize_t size = recv(connection->fd, received_bytes, RECEIVE_BYTES, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return failed(connection, "receive", errno);
  if (size == 0) return peer_ended(connection);
  if (options.mode == BULK) return;
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

/* ---- the run ---- */

static void run_until(uint64_t end_ns, uint64_t operations_max) {
  struct epoll_event events[EVENTS_MAX];
  while (alive > 0 && now_ns() < end_ns && (operations_max == 0 || operations < operations_max)) {
    int ready = epoll_wait(epoll_fd, events, EVENTS_MAX, 20);
    for (int i = 0; i < ready; i++) handle(events[i].data.ptr, events[i].events);
  }
}

static void prepare(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);

  target.sin_family = AF_INET;
  target.sin_port = htons((uint16_t)options.port);
  if (inet_pton(AF_INET, options.host, &target.sin_addr) != 1) give_up("--host wants an IPv4 address");
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);

  message = malloc(options.bytes);
  for (size_t i = 0; i < options.bytes; i++) message[i] = (char)('a' + i % 26);
  message[options.bytes - 1] = '\n';
  stamp_bytes = options.bytes > STAMP_BYTES ? STAMP_BYTES : 0;
}

/* One end of the measured time. */
struct reading {
  uint64_t now_ns;
  uint64_t load_cpu_ns;
  uint64_t cpus_busy_ns; /* of the server's CPU and ours */
  struct process_usage server;
};

static void take_reading(struct reading *reading) {
  if (options.pid && process_usage_read(options.pid, &reading->server) != 0) give_up("the server is gone");
  int own_cpu = sched_getcpu();
  reading->cpus_busy_ns = cpu_busy_ns(own_cpu);
  if (options.pid && reading->server.cpu != own_cpu) reading->cpus_busy_ns += cpu_busy_ns(reading->server.cpu);
  reading->load_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  reading->now_ns = now_ns();
}

static void print_result(const struct process_usage *empty, const struct reading *from, const struct reading *to) {
  uint64_t load_cpu_ns = to->load_cpu_ns - from->load_cpu_ns;
  uint64_t server_cpu_ns = to->server.cpu_ns - from->server.cpu_ns;
  int64_t others_cpu_ns = (int64_t)(to->cpus_busy_ns - from->cpus_busy_ns - load_cpu_ns - server_cpu_ns);
  printf("{\"mode\":\"%s\",\"operations\":%lu,\"seconds\":%.6f,\"errors\":%lu,\"firstError\":\"%s\",", options.mode_name,
         operations, (double)(to->now_ns - from->now_ns) / 1e9, errors, first_error);
  printf("\"latencyNs\":{\"p50\":%lu,\"p90\":%lu,\"p99\":%lu,\"max\":%lu},", histogram_percentile(&latency, 0.5),
         histogram_percentile(&latency, 0.9), histogram_percentile(&latency, 0.99), latency.max);
  printf("\"loadCpuNs\":%lu,\"othersCpuNs\":%ld", load_cpu_ns, others_cpu_ns > 0 ? others_cpu_ns : 0);
  if (options.pid)
    printf(",\"server\":{\"cpuNs\":%lu,\"userNs\":%lu,\"systemNs\":%lu,\"residentBytesBefore\":%lu,\"residentBytesAfter\":%lu}",
           server_cpu_ns, to->server.user_ns - from->server.user_ns, to->server.system_ns - from->server.system_ns,
           empty->resident_bytes, to->server.resident_bytes);
  printf("}\n");
}

static void read_options(int count, char **words) {
  static const char *mode_names[] = {"echo", "churn", "bulk", "idle"};
  for (int i = 1; i < count; i += 2) {
    if (i + 1 == count) give_up("an option lacks its value");
    const char *name = words[i], *value = words[i + 1];
    if (!strcmp(name, "--mode")) {
      int mode = 0;
      while (mode < 4 && strcmp(value, mode_names[mode])) mode++;
      if (mode == 4) give_up("--mode is echo, churn, bulk or idle");
      options.mode = (enum mode)mode;
      options.mode_name = mode_names[mode];
    } else if (!strcmp(name, "--host")) options.host = value;
    else if (!strcmp(name, "--port")) options.port = atoi(value);
    else if (!strcmp(name, "--connections")) options.connections = atoi(value);
    else if (!strcmp(name, "--bytes")) options.bytes = strtoul(value, NULL, 10);
    else if (!strcmp(name, "--warmup")) options.warmup_seconds = atof(value);
    else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
    else if (!strcmp(name, "--operations")) options.operations_max = strtoul(value, NULL, 10);
    else if (!strcmp(name, "--pid")) options.pid = atoi(value);
    else give_up("unknown option");
  }
  if (options.port < 1 || options.port > 65535) give_up("--port wants a port");
  if (options.connections < 1 || options.bytes < 1) give_up("--connections and --bytes want at least 1");
}

int main(int count, char **words) {
  struct process_usage empty = {0};
  struct reading from = {0}, to = {0};
  read_options(count, words);
  prepare();
  if (options.pid && process_usage_read(options.pid, &empty) != 0) give_up("--pid: no such process");

  struct connection *connections = calloc((size_t)options.connections, sizeof *connections);
  alive = options.connections;
  for (int i = 0; i < options.connections; i++) {
    connections[i].number = (uint32_t)i;
    open_connection(&connections[i], 0);
  }
  for (int i = 0; i < options.connections; i++)
    if (connections[i].phase != DEAD) begin_message(&connections[i], now_ns());

  run_until(now_ns() + (uint64_t)(options.warmup_seconds * 1e9), 0);

  operations = 0;
  histogram_clear(&latency);
  take_reading(&from);
  run_until(from.now_ns + (uint64_t)(options.seconds * 1e9), options.operations_max);
  take_reading(&to);

  print_result(&empty, &from, &to);
  return 0;
}
