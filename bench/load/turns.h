/*
 * Turns: a slice of load on each server, one after the other.
 *
 * CPU time is read at both ends of a whole turn, for all servers. So it includes what a
 * server does after its slice, such as collecting garbage while the other one is loaded.
 */

enum { WARM_TURNS = 4, WARM_OPERATIONS = 5000, WARM_SLICES_MAX = 20 };

struct slice {
  uint64_t operations;
  uint64_t duration_ns;
  uint64_t cpu_ns;
  uint64_t p50_ns;
  uint64_t p99_ns;
};

static uint64_t cpu_ns_of(const struct server *server) {
  uint64_t cpu_ns = (server->has_children ? session_cpu_ns : process_cpu_ns)(server->pid);
  if (cpu_ns == 0) give_up("the server is gone");
  return cpu_ns;
}

static void measure_slice(struct slice *slice, void (*run_slice)(uint64_t end_ns)) {
  current->operations = 0;
  histogram_clear(&current->latency);
  uint64_t started_ns = now_ns();
  run_slice(started_ns + (uint64_t)(options.slice_seconds * 1e9));
  slice->duration_ns = now_ns() - started_ns;
  slice->operations = current->operations;
  slice->p50_ns = histogram_percentile(&current->latency, 0.5);
  slice->p99_ns = histogram_percentile(&current->latency, 0.99);
}

static void measure_turn(struct slice slices[], int first, void (*run_slice)(uint64_t end_ns)) {
  for (int i = 0; i < server_count; i++) slices[i].cpu_ns = cpu_ns_of(&servers[i]);
  for (int i = 0; i < server_count; i++) {
    int chosen = (first + i) % server_count;
    current = &servers[chosen];
    measure_slice(&slices[chosen], run_slice);
  }
  for (int i = 0; i < server_count; i++) slices[i].cpu_ns = cpu_ns_of(&servers[i]) - slices[i].cpu_ns;
}

static int all_warm(void) {
  for (int i = 0; i < server_count; i++)
    if (options.mode != BULK && servers[i].warm_operations < WARM_OPERATIONS) return 0;
  return 1;
}

/* Four turns, and more for servers that have done little; at most the time of 20 slices. */
static void warm_up(void (*run_slice)(uint64_t end_ns)) {
  uint64_t end_ns = now_ns() + (uint64_t)(WARM_SLICES_MAX * options.slice_seconds * 1e9);
  struct slice slices[SERVERS_MAX];
  for (int turn = 0; turn == 0 || (now_ns() < end_ns && (turn < WARM_TURNS || !all_warm())); turn++) {
    measure_turn(slices, turn, run_slice);
    for (int i = 0; i < server_count; i++) servers[i].warm_operations += slices[i].operations;
  }
}

/*
 * Prints an array of turns, each an array with a slice for each server, in the order of
 * the command line. A server whose operations outlast its slices gets fewer turns: the
 * whole takes at most twice as long as the slices alone.
 */
static void measure_turns(void (*run_slice)(uint64_t end_ns)) {
  warm_up(run_slice);
  uint64_t end_ns = now_ns() + (uint64_t)(2e9 * options.slice_seconds * options.turns * server_count);
  printf("{\"turns\":[");
  for (int turn = 0; turn == 0 || (turn < options.turns && now_ns() < end_ns); turn++) {
    struct slice slices[SERVERS_MAX];
    measure_turn(slices, turn, run_slice);
    for (int i = 0; i < server_count; i++)
      printf("%s{\"operations\":%lu,\"durationNs\":%lu,\"cpuNs\":%lu,\"latencyP50Ns\":%lu,\"latencyP99Ns\":%lu}",
             i > 0 ? "," : turn > 0 ? ",[" : "[", slices[i].operations, slices[i].duration_ns, slices[i].cpu_ns,
             slices[i].p50_ns, slices[i].p99_ns);
    printf("]");
  }
  printf("]}\n");
}
