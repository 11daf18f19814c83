/*
 * Listening and accepting.
 *
 * JavaScript accepts one client at a time, by a call: so a listener that is paused in the
 * middle of a crowd takes not one client more.
 */
#include "portcall.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static int set_on(int fd, int level, int name, int on) {
  return setsockopt(fd, level, name, &on, sizeof on) < 0 ? -errno : 0;
}

static int bind_and_listen(int fd, const struct place *place, int backlog, bool ipv6_only) {
  const struct sockaddr *address = (const struct sockaddr *)&place->address;
  int failed = 0;
  /* An address whose last connections are still in TIME_WAIT can be had again (F29). */
  if (address->sa_family != AF_UNIX) failed = set_on(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (failed == 0 && address->sa_family == AF_INET6)
    failed = set_on(fd, IPPROTO_IPV6, IPV6_V6ONLY, ipv6_only);
  if (failed < 0) return failed;
  if (bind(fd, address, place->length) < 0 || listen(fd, backlog) < 0) return -errno;
  return 0;
}

/* The path of a socket that has a file; NULL for others. */
static char *path_of(const struct place *place) {
  const struct sockaddr_un *address = (const struct sockaddr_un *)&place->address;
  bool has_file = address->sun_family == AF_UNIX && address->sun_path[0] != '\0';
  return has_file ? strdup(address->sun_path) : NULL;
}

/* listen(host, port, backlog, ipv6Only, noDelay, keepAliveS): an id, or -errno. It begins to accept with `read`. */
napi_value js_listen(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct place place;
  int fd = read_place(env, call.argv[0], call.argv[1], &place);
  if (fd < 0) return int_result(env, fd);
  int family = place.address.ss_family;
  fd = open_stream_socket(family);
  int32_t id = fd;
  if (fd >= 0) {
    /* Clients inherit them, which costs less than setting them for each. */
    if (family != AF_UNIX)
      set_stream_options(fd, int_argument(env, call.argv[4]) == 1, int_argument(env, call.argv[5]));
    id = bind_and_listen(fd, &place, int_argument(env, call.argv[2]), int_argument(env, call.argv[3]) == 1);
    if (id < 0) close(fd);
    else id = adopt(call.loop, fd, SOCKET_LISTENER, family != AF_UNIX);
  }
  if (id >= 0) socket_of(call.loop, id)->path = path_of(&place);
  return int_result(env, id);
}

/* accept(listenerId): the id of a client, whose address is the answer; or -errno. */
napi_value js_accept(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *door = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (door == NULL || door->kind != SOCKET_LISTENER) return int_result(env, -EBADF);
  bool is_tcp = door->is_tcp;
  struct place place = {.length = sizeof place.address};
  int fd;
  do fd = accept4(door->fd, (struct sockaddr *)&place.address, &place.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return int_result(env, -errno);
  answer_place(call.loop, &place);
  return int_result(env, adopt(call.loop, fd, SOCKET_STREAM, is_tcp));
}
