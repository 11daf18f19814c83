/*
 * What is measured: the counters of the load program, and readings of the server's
 * usage at both ends of the measured time, taken here and not in the harness so that
 * both are the same moments.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cpu_busy.h"
#include "histogram.h"
#include "options.h"
#include "process_usage.h"

static struct histogram latency;
static uint64_t operations, errors;
static char first_error[160];

static uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void count_error(const char *what, int error) {
  errors++;
  if (!first_error[0])
    snprintf(first_error, sizeof first_error, "%s%s%s", what, error ? ": " : "", error ? strerror(error) : "");
}

/* One end of the measured time. */
struct reading {
  uint64_t now_ns;
  uint64_t load_cpu_ns;
  uint64_t cpus_busy_ns; /* of the server's CPU and ours */
  struct process_usage server;
};

static void take_reading(struct reading *reading) {
  int gone = 0;
  if (options.pid) gone = (options.session ? session_usage_read : process_usage_read)(options.pid, &reading->server);
  if (gone) give_up("the server is gone");
  int own_cpu = sched_getcpu();
  reading->cpus_busy_ns = cpu_busy_ns(own_cpu);
  if (options.pid && reading->server.cpu != own_cpu) reading->cpus_busy_ns += cpu_busy_ns(reading->server.cpu);
  reading->load_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  reading->now_ns = now_ns();
}

/* The measured time begins: whatever was counted before is forgotten. */
static void begin_measuring(struct reading *reading) {
  operations = 0;
  histogram_clear(&latency);
  take_reading(reading);
}

/* Memory in use, after the server has been told several times to collect its garbage, and had the time for it. */
static uint64_t settled_resident_bytes(void) {
  enum { OCCASIONS = 3, OCCASION_US = 200 * 1000 };
  if (!options.pid) return 0;
  for (int i = 0; i < OCCASIONS; i++) {
    kill(options.pid, SIGUSR2);
    usleep(OCCASION_US);
  }
  return process_resident_bytes(options.pid);
}

static void print_result(const struct reading *from, const struct reading *to, uint64_t resident_before,
                         uint64_t resident_after) {
  uint64_t load_cpu_ns = to->load_cpu_ns - from->load_cpu_ns;
  uint64_t server_cpu_ns = to->server.cpu_ns - from->server.cpu_ns;
  int64_t others_cpu_ns = (int64_t)(to->cpus_busy_ns - from->cpus_busy_ns - load_cpu_ns - server_cpu_ns);
  printf("{\"mode\":\"%s\",\"operations\":%lu,\"seconds\":%.6f,\"errors\":%lu,\"firstError\":\"%s\",", options.mode_name,
         operations, (double)(to->now_ns - from->now_ns) / 1e9, errors, first_error);
  printf("\"latencyNs\":{\"p50\":%lu,\"p90\":%lu,\"p99\":%lu,\"max\":%lu},", histogram_percentile(&latency, 0.5),
         histogram_percentile(&latency, 0.9), histogram_percentile(&latency, 0.99), latency.max);
  printf("\"loadCpuNs\":%lu,\"othersCpuNs\":%ld", load_cpu_ns, others_cpu_ns > 0 ? others_cpu_ns : 0);
  if (options.pid)
    printf(",\"server\":{\"cpuNs\":%lu,\"residentBytesBefore\":%lu,\"residentBytesAfter\":%lu}", server_cpu_ns,
           resident_before, resident_after);
  printf("}\n");
}
