/*
 * The load program of the bench: one thread, one epoll, no dependency.
 *
 *   load --mode echo --port 4000 --connections 50 --bytes 64 --warmup 1 --seconds 5 --pid 1234
 *
 * What an operation is, the mode says:
 *
 *   echo    send a message, receive all of it back, compare every byte
 *   churn   connect, echo one message, FIN, the peer's FIN
 *   bulk    connect, send --bytes in one direction, FIN, be told how many have come
 *   idle    connect and echo once; then all are silent
 *
 * Echo and churn are closed loops: each connection has one operation under way, and
 * begins the next when that is done. With --rate, echoes are begun at this rate
 * instead, evenly, whether or not those before them are answered.
 *
 * Idle measures memory between two moments at which every connection is silent and
 * the garbage collected: with the first 1,000 connections, and with --connections
 * more. So what a server needs once, to run at all and to run warm, is not in it.
 *
 * The result is one JSON object on stdout. Exit status 0 even if connections failed
 * (`errors` counts them), 2 for a mistake in the call or a server that has gone.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "measured.h"
#include "target.h"

#include "bulk.h"
#include "connection.h"

enum { EVENTS_MAX = 256, IDLE_FIRST = 1000, OPENED_AT_ONCE = 100, WARM_OPERATIONS = 5000, WARMUPS_MAX = 4 };

static struct connection *connections;

static void handle_events(int timeout_ms) {
  struct epoll_event events[EVENTS_MAX];
  int ready = epoll_wait(epoll_fd, events, EVENTS_MAX, timeout_ms);
  for (int i = 0; i < ready; i++) handle(events[i].data.ptr, events[i].events);
}

/* At most so many at once, so that none has to knock twice at a queue that is full. */
static void open_connections(int first, int count) {
  for (int opened = 0; opened < count && !errors;) {
    uint64_t started_ns = now_ns();
    int batch = count - opened < OPENED_AT_ONCE ? count - opened : OPENED_AT_ONCE;
    uint64_t wanted = options.mode == IDLE ? operations + (uint64_t)batch : 0;
    for (int i = 0; i < batch; i++, opened++) {
      struct connection *connection = &connections[first + opened];
      connection->number = (uint32_t)(first + opened);
      connection->started_ns = started_ns;
      alive++;
      open_connection(connection);
    }
    while (!errors && operations < wanted) handle_events(20);
  }
}

static void run_closed_loop(uint64_t end_ns) {
  while (alive > 0 && now_ns() < end_ns) handle_events(20);
}

/*
 * The connections take turns: echo number n is of connection n modulo all of them.
 * Never sleeps, as a timer of the kernel's would come too late by more than an echo
 * takes.
 */
static void run_at_rate(uint64_t end_ns) {
  static uint64_t turn;
  static double next_due_ns;
  double step_ns = 1e9 / options.rate;
  if (next_due_ns == 0) {
    next_due_ns = (double)now_ns();
    for (int i = 0; i < options.connections; i++) connections[i].due_ns = next_due_ns + i * step_ns;
  }
  for (uint64_t now; alive > 0 && (now = now_ns()) < end_ns; handle_events(0))
    for (; next_due_ns <= (double)now; next_due_ns += step_ns) {
      struct connection *connection = &connections[turn++ % (uint64_t)options.connections];
      if (connection->phase == WAITING) begin_if_due(connection, now);
    }
}

static void run_loop(struct reading *from, struct reading *to) {
  void (*run)(uint64_t) = options.rate > 0 ? run_at_rate : run_closed_loop;
  open_connections(0, options.connections);
  /* A server that others keep from running gets more time to run warm. */
  for (int turn = 0; turn == 0 || (turn < WARMUPS_MAX && operations < WARM_OPERATIONS); turn++)
    run(now_ns() + (uint64_t)(options.warmup_seconds * 1e9));
  begin_measuring(from);
  run(from->now_ns + (uint64_t)(options.seconds * 1e9));
  take_reading(to);
}

static void run_idle(struct reading *from, struct reading *to, uint64_t *before, uint64_t *after) {
  open_connections(0, IDLE_FIRST);
  *before = settled_resident_bytes();
  begin_measuring(from);
  open_connections(IDLE_FIRST, options.connections);
  take_reading(to);
  *after = settled_resident_bytes();
}

static void prepare(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  choose_target(options.host, options.port);
  if (options.mode == BULK) return;
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  connections = calloc((size_t)options.connections + IDLE_FIRST, sizeof *connections);
  make_message();
}

int main(int count, char **words) {
  struct reading from = {0}, to = {0};
  uint64_t resident_before = 0, resident_after = 0;
  read_options(count, words);
  prepare();
  if (options.rate > 0) period_ns = options.connections * 1e9 / options.rate;

  if (options.mode == BULK) run_bulk(&from, &to);
  else if (options.mode == IDLE) run_idle(&from, &to, &resident_before, &resident_after);
  else run_loop(&from, &to);

  print_result(&from, &to, resident_before, resident_after);
  return 0;
}
