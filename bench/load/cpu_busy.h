/*
 * For how long a CPU has been busy, with whatever, since the machine was started:
 * all of its columns in /proc/stat but idle and iowait. Taken at both ends of a
 * measurement and less what server and load program used, it tells how much others
 * ran where they were to be alone. Sampled by ticks: good to a per cent or so.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static uint64_t cpu_busy_ns(int cpu) {
  FILE *file = fopen("/proc/stat", "r");
  char line[512];
  uint64_t busy_ticks = 0;
  while (file && fgets(line, sizeof line, file)) {
    int number;
    unsigned long user, nice, system, irq, softirq, steal;
    if (sscanf(line, "cpu%d %lu %lu %lu %*u %*u %lu %lu %lu", &number, &user, &nice, &system, &irq, &softirq, &steal) == 7 &&
        number == cpu)
      busy_ticks = user + nice + system + irq + softirq + steal;
  }
  if (file) fclose(file);
  return busy_ticks * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}
