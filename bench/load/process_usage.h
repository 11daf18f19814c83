/*
 * CPU time and memory of other processes.
 *
 * CPU time comes from a process's own CPU clock (clock_getcpuclockid): nanoseconds, the
 * sum of all threads, also of those that have ended, up to date when it is read. Other
 * sources are coarser: utime and stime in /proc/<pid>/stat count ticks of 10 ms, and
 * /proc/<pid>/task/<tid>/schedstat is as old as the last tick or context switch.
 *
 * A server that starts a process for each client is measured as the session that it
 * leads: the clocks of all processes alive, and the time of those that have ended and
 * were waited for (in ticks of 10 ms of the sum, not of each).
 */
#include <ctype.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What /proc/<pid>/stat says. */
struct process_stat {
  int session;
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
             " %*c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld" /* fields 6, 16 and 17 */, &stat->session,
             &user_ticks, &system_ticks) != 3)
    return -1;
  stat->ended_children_ns = (uint64_t)(user_ticks + system_ticks) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
  return 0;
}

/* 0 if there is no such process, or its clock may not be read. */
static uint64_t process_cpu_ns(int pid) {
  clockid_t clock;
  return clock_getcpuclockid(pid, &clock) == 0 ? clock_ns(clock) : 0;
}

/* The same of the whole session that a process leads; 0 if the leader has ended. */
static uint64_t session_cpu_ns(int leader) {
  DIR *folder = opendir("/proc");
  if (!folder || process_cpu_ns(leader) == 0) return 0;
  uint64_t cpu_ns = 0;
  for (struct dirent *entry; (entry = readdir(folder));) {
    struct process_stat stat;
    int pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
    if (pid && process_stat_read(pid, &stat) == 0 && stat.session == leader)
      cpu_ns += process_cpu_ns(pid) + stat.ended_children_ns;
  }
  closedir(folder);
  return cpu_ns;
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
