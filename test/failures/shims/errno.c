/*
 * Makes calls on sockets fail with the errno that their address or their bytes name. It keeps no state of its own.
 *
 *   connect to port 10000 + n, or to a path that ends in .connect-n      fails with errno n
 *   connect from port 11000 + n, and be refused                          SO_ERROR is n instead
 *   bind to port 12000 + n, or to a path that ends in .bind-n            fails with errno n
 *   listen on port 13000 + n, or at a path that ends in .listen-n        fails with errno n
 *   sending bytes that begin with `send-n.`                              fails with errno n
 *   receiving bytes that begin with `receive-n.`                         fails with errno n
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

/* The errno that an address asks for, counted from `base` or behind `word`; or 0. */
static int asked_by(const struct sockaddr *address, int base, const char *word) {
  if (address->sa_family == AF_UNIX) {
    const char *found = strstr(((const struct sockaddr_un *)address)->sun_path, word);
    return found == NULL ? 0 : atoi(found + strlen(word));
  }
  int port = 0;
  if (address->sa_family == AF_INET) port = ntohs(((const struct sockaddr_in *)address)->sin_port);
  if (address->sa_family == AF_INET6) port = ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
  return port > base && port < base + 1000 ? port - base : 0;
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
  errno = asked_by(address, 10000, ".connect-");
  if (errno != 0) return -1;
  return REAL(connect)(fd, address, length);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  errno = asked_by(address, 12000, ".bind-");
  if (errno != 0) return -1;
  return REAL(bind)(fd, address, length);
}

int listen(int fd, int backlog) {
  struct sockaddr_storage own = {0};
  socklen_t length = sizeof own;
  getsockname(fd, (struct sockaddr *)&own, &length);
  errno = asked_by((struct sockaddr *)&own, 13000, ".listen-");
  if (errno != 0) return -1;
  return REAL(listen)(fd, backlog);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
  int result = REAL(getsockopt)(fd, level, name, value, length);
  if (result == 0 && level == SOL_SOCKET && name == SO_ERROR && *(int *)value == ECONNREFUSED) {
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof own;
    getsockname(fd, (struct sockaddr *)&own, &size);
    int error = asked_by((struct sockaddr *)&own, 11000, ".soft-");
    if (error != 0) *(int *)value = error;
  }
  return result;
}

static int asked_in(const void *bytes, size_t length, const char *word) {
  char text[32] = {0};
  memcpy(text, bytes, length < sizeof text - 1 ? length : sizeof text - 1);
  return strncmp(text, word, strlen(word)) == 0 ? atoi(text + strlen(word)) : 0;
}

static bool is_socket(int fd) {
  int type;
  socklen_t length = sizeof type;
  return REAL(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

#define FAIL_RECEIVE(fd, bytes, result)                       \
  if (result > 0 && is_socket(fd)) {                          \
    int asked = asked_in(bytes, (size_t)result, "receive-"); \
    if (asked != 0) {                                         \
      errno = asked;                                          \
      return -1;                                              \
    }                                                         \
  }

#define FAIL_SEND(fd, bytes, length)              \
  if (is_socket(fd)) {                            \
    int asked = asked_in(bytes, length, "send-"); \
    if (asked != 0) {                             \
      errno = asked;                              \
      return -1;                                  \
    }                                             \
  }

ssize_t recv(int fd, void *bytes, size_t length, int flags) {
  ssize_t result = REAL(recv)(fd, bytes, length, flags);
  FAIL_RECEIVE(fd, bytes, result)
  return result;
}

ssize_t read(int fd, void *bytes, size_t length) {
  ssize_t result = REAL(read)(fd, bytes, length);
  FAIL_RECEIVE(fd, bytes, result)
  return result;
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  FAIL_SEND(fd, bytes, length)
  return REAL(send)(fd, bytes, length, flags);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  FAIL_SEND(fd, bytes, length)
  return REAL(write)(fd, bytes, length);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  if (message->msg_iovlen > 0) FAIL_SEND(fd, message->msg_iov[0].iov_base, message->msg_iov[0].iov_len)
  return REAL(sendmsg)(fd, message, flags);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  if (count > 0) FAIL_SEND(fd, pieces[0].iov_base, pieces[0].iov_len)
  return REAL(writev)(fd, pieces, count);
}
