/* What the load program was told to do; see load.c for what each mode is. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mode { ECHO, CHURN, BULK, IDLE };

static struct {
  enum mode mode;
  const char *mode_name;
  const char *host;
  int port;
  int connections;
  uint64_t bytes; /* of a message; in bulk of a whole transfer */
  double warmup_seconds;
  double seconds;
  double rate;         /* echoes a second, or 0: as many as are answered */
  uint64_t operations; /* in bulk: how many transfers */
  int pid;             /* the server, or 0: no process to look at */
  int session;         /* count the CPU time of its whole session */
} options = {ECHO, "echo", "127.0.0.1", 0, 50, 64, 1, 5, 0, 1, 0, 0};

static void give_up(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(2);
}

static void read_mode(const char *value) {
  static const char *names[] = {"echo", "churn", "bulk", "idle"};
  int mode = 0;
  while (mode < 4 && strcmp(value, names[mode])) mode++;
  if (mode == 4) give_up("--mode is echo, churn, bulk or idle");
  options.mode = (enum mode)mode;
  options.mode_name = names[mode];
}

static void read_options(int count, char **words) {
  for (int i = 1; i < count; i += 2) {
    if (i + 1 == count) give_up("an option lacks its value");
    const char *name = words[i], *value = words[i + 1];
    if (!strcmp(name, "--mode")) read_mode(value);
    else if (!strcmp(name, "--host")) options.host = value;
    else if (!strcmp(name, "--port")) options.port = atoi(value);
    else if (!strcmp(name, "--connections")) options.connections = atoi(value);
    else if (!strcmp(name, "--bytes")) options.bytes = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--warmup")) options.warmup_seconds = atof(value);
    else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
    else if (!strcmp(name, "--rate")) options.rate = atof(value);
    else if (!strcmp(name, "--operations")) options.operations = strtoull(value, NULL, 10);
    else if (!strcmp(name, "--pid")) options.pid = atoi(value);
    else if (!strcmp(name, "--session")) options.session = atoi(value);
    else give_up("unknown option");
  }
  if (options.port < 1 || options.port > 65535) give_up("--port wants a port");
  if (options.connections < 1 || options.bytes < 1 || options.operations < 1)
    give_up("--connections, --bytes and --operations want at least 1");
  if (options.rate > 0 && options.mode != ECHO) give_up("--rate is for --mode echo");
}
