/* The server's address, and sockets that are connected to it, each in blocking mode. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in target;

static void choose_target(const char *host, int port) {
  target.sin_family = AF_INET;
  target.sin_port = htons((uint16_t)port);
  if (inet_pton(AF_INET, host, &target.sin_addr) != 1) give_up("--host wants an IPv4 address");
}

/*
 * A socket with its own address, not connected yet; or -1. Each comes from one of
 * 200 loopback addresses, for in churn every closed connection keeps its port for a
 * minute (TIME_WAIT), and one address has only 28,000 of them.
 */
static int make_socket(uint32_t number) {
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (ntohl(target.sin_addr.s_addr) >> 24 == 127) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002 + number % 200)};
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0) {
      close(fd);
      return -1;
    }
  }
  return fd;
}
