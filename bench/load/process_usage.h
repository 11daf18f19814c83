/*
 * What other processes have used: CPU time and memory.
 *
 * CPU time comes from a process's own CPU clock (clock_getcpuclockid): it counts
 * nanoseconds, sums all threads, ended ones too, and is brought up to date when
 * asked. The others are coarser: utime and stime in /proc/<pid>/stat count 10 ms,
 * and /proc/<pid>/schedstat is one thread's and as old as the last tick or switch.
 *
 * A server that starts a process for each client is measured as the session that it
 * leads: the clocks of all that live, and what the ended ones have left with those
 * who waited for them (in ticks of 10 ms, of the sum and not of each).
 */
#include <ctype.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct process_usage {
  uint64_t cpu_ns;
  int cpu; /* the one that its main thread ran on last */
};

/* What /proc/<pid>/stat says. */
struct process_stat {
  int session;
  int cpu;
  uint64_t ended_children_ns;
};

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  if (clock_gettime(clock, &now) != 0) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int process_stat_read(int pid, struct process_stat *stat) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return -1;
  char *read = fgets(line, sizeof line, file);
  fclose(file);
  /* The name in brackets may hold anything: count fields from the last bracket. */
  char *after_name = read ? strrchr(line, ')') : NULL;
  long user_ticks, system_ticks;
  if (!after_name ||
      sscanf(after_name + 1,
             " %*c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld" /* fields 6, 16 and 17 */
             " %*d %*d %*d %*d %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %d" /* 39 */,
             &stat->session, &user_ticks, &system_ticks, &stat->cpu) != 4)
    return -1;
  stat->ended_children_ns = (uint64_t)(user_ticks + system_ticks) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
  return 0;
}

static uint64_t process_cpu_ns(int pid) {
  clockid_t clock;
  return clock_getcpuclockid(pid, &clock) == 0 ? clock_ns(clock) : 0;
}

/* Returns 0, or -1 if there is no such process or it may not be looked at. */
static int process_usage_read(int pid, struct process_usage *usage) {
  struct process_stat stat;
  usage->cpu_ns = process_cpu_ns(pid);
  if (usage->cpu_ns == 0 || process_stat_read(pid, &stat) != 0) return -1;
  usage->cpu = stat.cpu;
  return 0;
}

/* The same of a whole session, given by its leader, who must be there still. */
static int session_usage_read(int leader, struct process_usage *usage) {
  if (process_usage_read(leader, usage) != 0) return -1;
  usage->cpu_ns = 0;
  DIR *folder = opendir("/proc");
  if (!folder) return -1;
  for (struct dirent *entry; (entry = readdir(folder));) {
    struct process_stat stat;
    int pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
    if (pid && process_stat_read(pid, &stat) == 0 && stat.session == leader)
      usage->cpu_ns += process_cpu_ns(pid) + stat.ended_children_ns;
  }
  closedir(folder);
  return 0;
}

/* Exact, unlike statm, whose counters a kernel of today keeps for each CPU and adds up roughly. */
static uint64_t process_resident_bytes(int pid) {
  char path[64], line[256];
  unsigned long kilobytes = 0;
  snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "Rss: %lu kB", &kilobytes) == 1) break;
  if (file) fclose(file);
  return kilobytes * 1024;
}
