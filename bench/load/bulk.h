/*
 * One transfer after the other over a connection of its own: all bytes, FIN, then
 * the server says how many it has counted, and that must be right. Plain blocking
 * calls: there is nothing else to do meanwhile.
 */
#include <stdio.h>

enum { PIECE_BYTES = 256 * 1024 };

static int transfer(void) {
  static char piece[PIECE_BYTES];
  int fd = make_socket(0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&target, sizeof target) != 0) goto failed;
  for (uint64_t sent = 0; sent < options.bytes;) {
    size_t size = options.bytes - sent < PIECE_BYTES ? (size_t)(options.bytes - sent) : PIECE_BYTES;
    ssize_t taken = send(fd, piece, size, 0);
    if (taken < 0) goto failed;
    sent += (uint64_t)taken;
  }
  shutdown(fd, SHUT_WR);
  char answer[32];
  size_t received = 0;
  for (ssize_t size; (size = recv(fd, answer + received, sizeof answer - 1 - received, 0)) != 0; received += (size_t)size)
    if (size < 0) goto failed;
  answer[received] = 0;
  close(fd);
  if (strtoull(answer, NULL, 10) == options.bytes) return 0;
  count_error("the server counted otherwise", 0);
  return -1;

failed:
  count_error("transfer", errno);
  if (fd >= 0) close(fd);
  return -1;
}

static void run_bulk(struct reading *from, struct reading *to) {
  transfer();
  begin_measuring(from);
  while (!errors && operations < options.operations) {
    uint64_t started_ns = now_ns();
    if (transfer() != 0) break;
    operations++;
    histogram_record(&latency, now_ns() - started_ns);
  }
  take_reading(to);
}
