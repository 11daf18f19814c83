/*
 * Makes accept(2) fail in a program that is not to know of it (LD_PRELOAD).
 *
 *   ACCEPT_ERRNO=n        what it fails with
 *   ACCEPT_FAILS_WHILE=f  it fails as long as the file f exists, and leaves the client in the queue
 *   ACCEPT_DROPS=n        the first n clients are lost instead: taken out of the queue and failed,
 *                         as the kernel does with an error of the client's own
 *   OPEN_FAILS=1          while it fails, open("/dev/null") fails in the same way
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int number(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? 0 : atoi(text);
}

static int failing(void) {
  const char *file = getenv("ACCEPT_FAILS_WHILE");
  return file != NULL && access(file, F_OK) == 0;
}

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
  static int (*real)(int, struct sockaddr *, socklen_t *, int);
  static int dropped;
  if (real == NULL) real = (int (*)(int, struct sockaddr *, socklen_t *, int))dlsym(RTLD_NEXT, "accept4");
  if (failing()) {
    errno = number("ACCEPT_ERRNO");
    return -1;
  }
  int client = real(listener, address, length, flags);
  if (client != -1 && dropped < number("ACCEPT_DROPS")) {
    dropped++;
    close(client);
    errno = number("ACCEPT_ERRNO");
    return -1;
  }
  return client;
}

int open64(const char *path, int flags, ...) {
  static int (*real)(const char *, int, ...);
  if (real == NULL) real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
  va_list more;
  va_start(more, flags);
  mode_t mode = va_arg(more, mode_t);
  va_end(more);
  if (strcmp(path, "/dev/null") == 0 && number("OPEN_FAILS") && failing()) {
    errno = number("ACCEPT_ERRNO");
    return -1;
  }
  return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = va_arg(more, mode_t);
  va_end(more);
  return open64(path, flags, mode);
}
