/*
 * What the servers in C have in common: the listening socket, the word `ready`,
 * and the two services that a server of the bench offers.
 *
 *   echo    sends back its input; closes when the client has
 *   count   counts its input; at the client's FIN says how much it was, in decimal, and closes
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum service { SERVICE_ECHO, SERVICE_COUNT };

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static enum service choose_service(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR2, SIG_IGN); /* "collect your garbage": there is none */
  if (count == 2 && !strcmp(words[1], "echo")) return SERVICE_ECHO;
  if (count == 2 && !strcmp(words[1], "count")) return SERVICE_COUNT;
  fprintf(stderr, "usage: %s echo|count\n", words[0]);
  exit(2);
}

/* Clients inherit TCP_NODELAY from it. */
static int listen_on_loopback(void) {
  int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) give_up("bind");
  if (listen(fd, 4096) != 0) give_up("listen");
  return fd;
}

static void say_ready(int fd) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) give_up("getsockname");
  printf("ready %d\n", ntohs(address.sin_port));
  fflush(stdout);
}

/* The answer of `count`: a few bytes into an empty socket, so the kernel takes them all. */
__attribute__((unused)) static void send_count(int fd, uint64_t count) {
  char text[24];
  int size = snprintf(text, sizeof text, "%" PRIu64, count);
  if (send(fd, text, (size_t)size, MSG_NOSIGNAL) != size) perror("send");
}
