/*
 * Listening and accepting.
 *
 * JavaScript accepts one client per call, so that a pause takes effect before the next client.
 */
#include "portcall.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

static int prepare(int fd, int family, const struct socket_options *options) {
  if (family == AF_UNIX) return 0;
  /* Allows an address whose last connections are still in TIME_WAIT (F29). */
  int failed = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (failed == 0 && options->reuse_port) failed = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (failed == 0 && family == AF_INET6)
    failed = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options->ipv6_only);
  return failed == 0 ? set_tcp_options(fd, options) : failed;
}

/* Returns a descriptor or -errno. */
static int open_listening(const struct endpoint *endpoint, const struct socket_options *options) {
  const struct sockaddr *address = (const struct sockaddr *)&endpoint->address;
  int fd = open_stream_socket(address->sa_family);
  if (fd < 0) return fd;
  int failed = prepare(fd, address->sa_family, options);
  if (failed == 0 && (bind(fd, address, endpoint->length) < 0 || listen(fd, options->backlog) < 0))
    failed = -errno;
  if (failed < 0) close(fd);
  return failed < 0 ? failed : fd;
}

/* The file of a socket that has just been bound; NULL if it has none. */
static struct socket_file *file_of(const struct endpoint *endpoint) {
  const struct sockaddr_un *address = (const struct sockaddr_un *)&endpoint->address;
  bool has_file = address->sun_family == AF_UNIX && address->sun_path[0] != '\0';
  return has_file ? note_socket_file(address->sun_path) : NULL;
}

/* listen(host, port), with options: an id, or -errno. It accepts after `setReading`. */
napi_value js_listen(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket_options options = read_options(call.loop);
  struct endpoint endpoint;
  int fd = read_endpoint(env, call.argv[0], call.argv[1], &endpoint);
  if (fd == 0) fd = open_listening(&endpoint, &options);
  if (fd < 0) return int_result(env, fd);
  struct socket_file *file = file_of(&endpoint);
  int32_t id = adopt(call.loop, fd, SOCKET_LISTENER, endpoint.address.ss_family != AF_UNIX);
  if (id >= 0) socket_of(call.loop, id)->file = file;
  else remove_socket_file(file);
  return int_result(env, id);
}

/*
 * accept(listenerId): the id of a client, with its address in the scratch memory; or -errno. Takes options for an
 * inherited listener: a client that connected earlier has the options that the socket had then.
 */
napi_value js_accept(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket_options options = read_options(call.loop);
  struct socket *listener = socket_of(call.loop, int_argument(env, call.argv[0]));
  if (listener == NULL || listener->kind != SOCKET_LISTENER) return int_result(env, -EBADF);
  bool is_tcp = listener->is_tcp, inherited = listener->inherited;
  struct endpoint endpoint = {.length = sizeof endpoint.address};
  int fd;
  do fd = accept4(listener->fd, (struct sockaddr *)&endpoint.address, &endpoint.length, call.loop->backend->accept_flags);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return int_result(env, -errno);
  int failed = is_tcp && inherited ? set_tcp_options(fd, &options) : 0;
  if (failed < 0) {
    close(fd);
    return int_result(env, failed);
  }
  write_endpoint(call.loop, &endpoint);
  return int_result(env, adopt(call.loop, fd, SOCKET_STREAM, is_tcp));
}
