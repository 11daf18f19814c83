/* The command line of the load program; load.c describes the modes. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

enum mode { ECHO, CHURN, BULK, IDLE };

static struct {
  enum mode mode;
  int connections;
  uint64_t bytes; /* of a message; in bulk of a whole transfer */
  int turns;
  double slice_seconds;
  double rate; /* echoes a second, or 0: as many as are answered */
} options = {ECHO, 50, 64, 24, 0.1, 0};

__attribute__((noreturn)) static void give_up(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(2);
}

static enum mode mode_named(const char *name) {
  static const char *names[] = {"echo", "churn", "bulk", "idle"};
  for (int mode = 0; mode < 4; mode++)
    if (!strcmp(name, names[mode])) return (enum mode)mode;
  give_up("--mode is echo, churn, bulk or idle");
}

static void add_server(const char *value, int has_children) {
  int port, pid;
  if (server_count == SERVERS_MAX) give_up("at most two servers");
  if (sscanf(value, "%d:%d", &port, &pid) != 2 || port < 1 || port > 65535 || pid < 1)
    give_up("--server and --forking-server want <port>:<pid>");
  struct server *server = &servers[server_count++];
  server->address = (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  server->pid = pid;
  server->has_children = has_children;
}

static void read_options(int count, char **words) {
  for (int i = 1; i < count; i += 2) {
    if (i + 1 == count) give_up("an option lacks its value");
    const char *name = words[i], *value = words[i + 1];
    if (!strcmp(name, "--mode")) options.mode = mode_named(value);
    else if (!strcmp(name, "--server")) add_server(value, 0);
    else if (!strcmp(name, "--forking-server")) add_server(value, 1);
    else if (!strcmp(name, "--connections")) options.connections = atoi(value);
    else if (!strcmp(name, "--bytes")) options.bytes = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--turns")) options.turns = atoi(value);
    else if (!strcmp(name, "--slice")) options.slice_seconds = atof(value);
    else if (!strcmp(name, "--rate")) options.rate = atof(value);
    else give_up("unknown option");
  }
  if (server_count == 0) give_up("--server is missing");
  if (options.connections < 1 || options.bytes < 1 || options.turns < 1)
    give_up("--connections, --bytes and --turns want at least 1");
  if (!(options.slice_seconds > 0)) give_up("--slice wants a number above 0");
  if (options.rate > 0 && options.mode != ECHO) give_up("--rate is for --mode echo");
}
