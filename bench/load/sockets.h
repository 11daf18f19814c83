/* Sockets for the current server, the clock, and the end at the first failure. */
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

/* A run in which one connection failed measures nothing. */
__attribute__((noreturn)) static void failed(const char *what, int error) {
  fprintf(stderr, "load: %s%s%s\n", what, error ? ": " : "", error ? strerror(error) : "");
  exit(1);
}

/*
 * A blocking socket with its own local address, not yet connected. Local addresses
 * come from 127.0.0.2 to 127.0.0.201: in churn every closed connection keeps its port
 * for a minute (TIME_WAIT), and one address has only 28,000 ports.
 */
static int make_socket(uint32_t number) {
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) failed("socket", errno);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002 + number % 200)};
  if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0) failed("bind", errno);
  return fd;
}
