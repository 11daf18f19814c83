/*
 * What another process has used: CPU time and memory.
 *
 * CPU time comes from the process's own CPU clock (clock_getcpuclockid): it
 * counts nanoseconds, sums all threads, ended ones too, and is brought up to date
 * when asked. The others are coarser: utime and stime in /proc/<pid>/stat count
 * 10 ms, and /proc/<pid>/schedstat is one thread's and as old as the last tick or
 * switch. The division into user and system exists only in /proc/<pid>/stat, so
 * that one is read too, for user shares; it needs seconds to be worth anything.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct process_usage {
  uint64_t cpu_ns;
  uint64_t user_ns;
  uint64_t system_ns;
  uint64_t resident_bytes;
  int cpu; /* the one its main thread ran on last */
};

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One line of /proc/<pid>/<name>, or an empty one. */
static void read_proc_line(int pid, const char *name, char *line, int size) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  line[0] = 0;
  FILE *file = fopen(path, "r");
  if (!file) return;
  if (!fgets(line, size, file)) line[0] = 0;
  fclose(file);
}

/* Returns 0, or -1 if there is no such process or it may not be looked at. */
static int process_usage_read(int pid, struct process_usage *usage) {
  char line[1024];
  clockid_t clock;
  memset(usage, 0, sizeof *usage);
  if (clock_getcpuclockid(pid, &clock) != 0) return -1;
  usage->cpu_ns = clock_ns(clock);
  if (usage->cpu_ns == 0) return -1;

  /* The name in brackets may hold anything: count fields from the last bracket. */
  read_proc_line(pid, "stat", line, sizeof line);
  char *after_name = strrchr(line, ')');
  unsigned long user_ticks = 0, system_ticks = 0;
  if (after_name)
    sscanf(after_name + 1,
           " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu" /* fields 14 and 15 */
           " %*d %*d %*d %*d %*d %*d %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %d" /* 39 */,
           &user_ticks, &system_ticks, &usage->cpu);
  uint64_t tick_ns = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
  usage->user_ns = user_ticks * tick_ns;
  usage->system_ns = system_ticks * tick_ns;

  unsigned long resident_pages = 0;
  read_proc_line(pid, "statm", line, sizeof line);
  sscanf(line, "%*u %lu", &resident_pages);
  usage->resident_bytes = resident_pages * (uint64_t)sysconf(_SC_PAGESIZE);
  return 0;
}
