/* The servers under load, and the state that the load program keeps for each. */
#include <netinet/in.h>
#include <stdint.h>

#include "histogram.h"

enum { SERVERS_MAX = 2 };

struct connection;

struct server {
  struct sockaddr_in address;
  int pid;
  int has_children; /* count the CPU time of the session that it leads */
  int epoll_fd;
  struct connection *connections;
  int under_way;            /* operations begun and not done */
  uint64_t warm_operations; /* done before measuring began */
  uint64_t operations;      /* of the current slice, as the histogram */
  struct histogram latency;
};

static struct server servers[SERVERS_MAX];
static int server_count;

/* The server whose slice it is. */
static struct server *current;
