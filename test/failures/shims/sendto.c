/*
 * Makes the sending of datagrams fail in a program that is not to know of it (LD_PRELOAD).
 *
 *   SEND_ERRNO=n    what it fails with
 *   SEND_LENGTH=n   datagrams of so many bytes fail, the others are sent
 *   SEND_TIMES=n    they do so many times, and are sent after that
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

static size_t number(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? (size_t)-1 : (size_t)atol(text);
}

static int failing(const struct msghdr *message) {
  static size_t times;
  return times < number("SEND_TIMES") && message->msg_iovlen == 1 && message->msg_iov[0].iov_len == number("SEND_LENGTH") && ++times > 0;
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags) {
  static ssize_t (*real)(int, const struct msghdr *, int);
  if (real == NULL) real = (ssize_t (*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
  if (failing(message)) {
    errno = (int)number("SEND_ERRNO");
    return -1;
  }
  return real(socket, message, flags);
}

/* libuv sends datagrams with this one where there is one. */
int sendmmsg(int socket, struct mmsghdr *messages, unsigned int count, int flags) {
  static int (*real)(int, struct mmsghdr *, unsigned int, int);
  if (real == NULL) real = (int (*)(int, struct mmsghdr *, unsigned int, int))dlsym(RTLD_NEXT, "sendmmsg");
  if (count > 0 && failing(&messages[0].msg_hdr)) {
    errno = (int)number("SEND_ERRNO");
    return -1;
  }
  return real(socket, messages, count, flags);
}
