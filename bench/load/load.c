/*
 * The load program of the bench: one thread, one epoll for each server, no dependency.
 *
 *   load --mode echo --connections 50 --bytes 64 --slice 0.1 --turns 24 --server 4000:1234 --server 4001:1235
 *
 * A server is given by port and process. Two servers are loaded in turn, for one slice
 * each, so that neighbouring slices meet the same machine: its clock rate, its caches
 * and the other programs on it. The order within a turn alternates, which cancels a
 * steady drift. A slice ends when every operation that it began is done.
 *
 *   echo    send a message, receive all of it, compare every byte
 *   churn   connect, echo one message, FIN, the peer's FIN
 *   bulk    connect, send --bytes in one direction, FIN, receive the number of bytes that arrived
 *   idle    memory for connections that are silent (one server, no slices)
 *
 * Echo and churn are closed loops: each connection has one operation under way, and
 * begins the next when that is done. With --rate, echoes begin at this rate instead,
 * evenly, whether or not earlier ones are answered.
 *
 * Idle measures memory between two moments at which every connection is silent and
 * the garbage collected: with the first 1,000 connections, and with --connections
 * more. What a server needs once, to start and to warm up, is not counted.
 *
 * The result is one JSON object on stdout. Exit status 1 at the first connection that
 * fails, 2 for an invalid command line or a server that has ended.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>

#include "options.h"
#include "process_usage.h"
#include "sockets.h"

#include "bulk.h"
#include "connection.h"
#include "turns.h"

enum { EVENTS_MAX = 256, IDLE_FIRST = 1000, OPENED_AT_ONCE = 100 };

static void handle_events(int timeout_ms) {
  struct epoll_event events[EVENTS_MAX];
  int ready = epoll_wait(current->epoll_fd, events, EVENTS_MAX, timeout_ms);
  for (int i = 0; i < ready; i++) handle(events[i].data.ptr, events[i].events);
}

static void finish_operations(void) {
  slice_over = 1;
  while (current->under_way > 0) handle_events(-1);
}

static void run_closed_loop(uint64_t end_ns) {
  slice_over = 0;
  uint64_t now = now_ns();
  for (int i = 0; i < options.connections; i++) begin_operation(&current->connections[i], now);
  while (now_ns() < end_ns) handle_events(20);
}

/*
 * The connections take turns: echo number n is of connection n modulo all of them.
 * Never sleeps: a kernel timer is late by more than an echo takes.
 */
static void run_at_rate(uint64_t end_ns) {
  slice_over = 0;
  double step_ns = 1e9 / options.rate;
  double next_due_ns = (double)now_ns();
  period_ns = options.connections * step_ns;
  for (int i = 0; i < options.connections; i++) current->connections[i].due_ns = next_due_ns + i * step_ns;
  uint64_t turn = 0;
  for (uint64_t now; (now = now_ns()) < end_ns; handle_events(0))
    for (; next_due_ns <= (double)now; next_due_ns += step_ns) {
      struct connection *connection = &current->connections[turn++ % (uint64_t)options.connections];
      if (connection->phase == RESTING) begin_if_due(connection, now);
    }
}

static void run_slice(uint64_t end_ns) {
  if (options.mode == BULK) return run_bulk(end_ns);
  if (options.rate > 0) run_at_rate(end_ns);
  else run_closed_loop(end_ns);
  finish_operations();
}

/* Each connection does one echo. A batch at a time, so that no SYN meets a full backlog. */
static void open_connections(int first, int count) {
  slice_over = 1;
  for (int opened = 0; opened < count;) {
    for (int batch = 0; batch < OPENED_AT_ONCE && opened < count; batch++, opened++)
      begin_operation(&current->connections[first + opened], now_ns());
    finish_operations();
  }
}

/* Memory in use, after the server was asked several times to collect its garbage and had time for it. */
static uint64_t settled_resident_bytes(void) {
  enum { OCCASIONS = 3, OCCASION_US = 200 * 1000 };
  for (int i = 0; i < OCCASIONS; i++) {
    kill(current->pid, SIGUSR2);
    usleep(OCCASION_US);
  }
  return process_resident_bytes(current->pid);
}

static void measure_idle(void) {
  open_connections(0, IDLE_FIRST);
  uint64_t before = settled_resident_bytes();
  open_connections(IDLE_FIRST, options.connections);
  uint64_t after = settled_resident_bytes();
  printf("{\"residentBytesBefore\":%lu,\"residentBytesAfter\":%lu}\n", before, after);
}

static void prepare(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  make_message();
  for (int i = 0; i < server_count && options.mode != BULK; i++) {
    current = &servers[i];
    current->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    current->connections = make_connections(options.connections + (options.mode == IDLE ? IDLE_FIRST : 0));
    if (options.mode == ECHO) open_connections(0, options.connections);
  }
}

int main(int count, char **words) {
  read_options(count, words);
  prepare();
  if (options.mode == IDLE) measure_idle();
  else measure_turns(run_slice);
  return 0;
}
