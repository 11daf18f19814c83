/*
 * One transfer after the other, each over a connection of its own: send all bytes,
 * then FIN; the server answers with the number of bytes it received, which must be
 * right. Blocking calls are enough: there is nothing else to do meanwhile.
 */
#include <stdio.h>

enum { PIECE_BYTES = 256 * 1024 };

static void transfer(void) {
  static char piece[PIECE_BYTES];
  uint64_t started_ns = now_ns();
  int fd = make_socket(0);
  if (connect(fd, (struct sockaddr *)&current->address, sizeof current->address) != 0) failed("connect", errno);
  for (uint64_t sent = 0; sent < options.bytes;) {
    size_t size = options.bytes - sent < PIECE_BYTES ? (size_t)(options.bytes - sent) : PIECE_BYTES;
    ssize_t taken = send(fd, piece, size, 0);
    if (taken < 0) failed("send", errno);
    sent += (uint64_t)taken;
  }
  shutdown(fd, SHUT_WR);
  char answer[32];
  size_t received = 0;
  for (ssize_t size; (size = recv(fd, answer + received, sizeof answer - 1 - received, 0)) != 0; received += (size_t)size)
    if (size < 0) failed("receive", errno);
  answer[received] = 0;
  close(fd);
  if (strtoull(answer, NULL, 10) != options.bytes) failed("the server counted otherwise", 0);
  current->operations++;
  histogram_record(&current->latency, now_ns() - started_ns);
}

static void run_bulk(uint64_t end_ns) {
  do transfer();
  while (now_ns() < end_ns);
}
