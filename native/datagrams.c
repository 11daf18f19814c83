/*
 * Datagrams (UDP): binding, connecting, multicast groups, receiving and sending. Each datagram carries the local
 * address that it was sent to, or is to be sent from (RFC 1122, section 4.1.3.5).
 *
 * epoll reports that a socket is readable or writable; JavaScript then calls. The addon keeps no datagrams.
 */
#include "portcall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* ── Options ── */

/* In the order of src/wire/native/native-datagrams.ts, read from the scratch memory. */
struct datagram_options {
  int32_t reuse_address;
  int32_t ipv6_only;
  /* 0 keeps the system's default. */
  int32_t ttl;
  int32_t broadcast;
  int32_t loopback;
};

static struct datagram_options read_datagram_options(const struct loop *loop) {
  struct datagram_options options;
  memcpy(&options, loop->scratch, sizeof options);
  return options;
}

struct setting {
  bool applies;
  int level, name, value;
};

static int set_all(int fd, const struct setting *settings, size_t count) {
  for (size_t index = 0; index < count; index++) {
    const struct setting *one = &settings[index];
    int failed = one->applies ? set_option(fd, one->level, one->name, one->value) : 0;
    if (failed < 0) return failed;
  }
  return 0;
}

/* An IPv6 socket that also accepts IPv4 has the options of both. */
static int prepare(int fd, int family, const struct datagram_options *options) {
  bool ipv6 = family == AF_INET6, ipv4 = !ipv6 || !options->ipv6_only, ttl = options->ttl > 0;
  const struct setting settings[] = {
      {options->reuse_address, SOL_SOCKET, SO_REUSEADDR, 1},
      {options->broadcast, SOL_SOCKET, SO_BROADCAST, 1},
      {ipv6, IPPROTO_IPV6, IPV6_V6ONLY, options->ipv6_only},
      {ipv6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1},
      {!ipv6, IPPROTO_IP, IP_PKTINFO, 1},
      {ipv6 && ttl, IPPROTO_IPV6, IPV6_UNICAST_HOPS, options->ttl},
      {ipv6 && ttl, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, options->ttl},
      {ipv4 && ttl, IPPROTO_IP, IP_TTL, options->ttl},
      {ipv4 && ttl, IPPROTO_IP, IP_MULTICAST_TTL, options->ttl},
      {ipv6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, options->loopback},
      {ipv4, IPPROTO_IP, IP_MULTICAST_LOOP, options->loopback},
  };
  return set_all(fd, settings, sizeof settings / sizeof *settings);
}

/* ── Opening ── */

/* bindDatagrams(host, port), with options: an id, or -errno. It receives after `setReading`. */
napi_value js_bind_datagrams(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct datagram_options options = read_datagram_options(call.loop);
  struct endpoint endpoint;
  int failed = read_endpoint(env, call.argv[0], call.argv[1], &endpoint);
  if (failed < 0) return int_result(env, failed);
  const struct sockaddr *address = (const struct sockaddr *)&endpoint.address;
  int fd = socket(address->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return int_result(env, -errno);
  failed = prepare(fd, address->sa_family, &options);
  if (failed == 0 && bind(fd, address, endpoint.length) < 0) failed = -errno;
  if (failed < 0) {
    close(fd);
    return int_result(env, failed);
  }
  return int_result(env, adopt(call.loop, fd, SOCKET_DATAGRAMS, false));
}

static struct socket *datagrams_of(const struct call *call) {
  struct socket *socket = socket_of(call->loop, int_argument(call->loop->env, call->argv[0]));
  return socket != NULL && socket->kind == SOCKET_DATAGRAMS ? socket : NULL;
}

/* connectDatagrams(id, host, port): 0 or -errno. */
napi_value js_connect_datagrams(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = datagrams_of(&call);
  if (socket == NULL) return int_result(env, -EBADF);
  struct endpoint endpoint;
  int failed = read_endpoint(env, call.argv[1], call.argv[2], &endpoint);
  if (failed == 0 && connect(socket->fd, (const struct sockaddr *)&endpoint.address, endpoint.length) < 0) failed = -errno;
  return int_result(env, failed);
}

/* ── Groups ── */

/* An interface by its name, or for IPv4 by one of its addresses. An empty text means none. 0 or -errno. */
static int read_interface(napi_env env, napi_value value, struct ip_mreqn *interface) {
  char text[64];
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, text, sizeof text, &length) != napi_ok) return -EINVAL;
  if (length == 0 || inet_pton(AF_INET, text, &interface->imr_address) == 1) return 0;
  interface->imr_ifindex = (int)if_nametoindex(text);
  return interface->imr_ifindex == 0 ? -ENODEV : 0;
}

static int family_of(int fd) {
  int family = 0;
  socklen_t length = sizeof family;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) < 0 ? -errno : family;
}

/* multicastInterface(id, interface): the interface for sending to groups. 0 or -errno. */
napi_value js_multicast_interface(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = datagrams_of(&call);
  struct ip_mreqn interface = {0};
  int failed = socket == NULL ? -EBADF : read_interface(env, call.argv[1], &interface);
  int family = failed < 0 ? failed : family_of(socket->fd);
  if (family < 0) return int_result(env, family);
  if (family == AF_INET6)
    return int_result(env, set_option(socket->fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface.imr_ifindex));
  if (setsockopt(socket->fd, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface) < 0) failed = -errno;
  return int_result(env, failed);
}

/* joinGroup(id, group, interface): 0 or -errno. The group's zone (RFC 4007) takes precedence over the interface. */
napi_value js_join_group(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = datagrams_of(&call);
  struct ip_mreqn interface = {0};
  struct endpoint group;
  napi_value no_port;
  int failed = socket == NULL ? -EBADF : read_interface(env, call.argv[2], &interface);
  if (failed == 0) failed = napi_create_int32(env, 0, &no_port) == napi_ok ? 0 : -EINVAL;
  if (failed == 0) failed = read_endpoint(env, call.argv[1], no_port, &group);
  if (failed < 0) return int_result(env, failed);
  int done;
  if (group.address.ss_family == AF_INET6) {
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&group.address;
    unsigned index = ipv6->sin6_scope_id != 0 ? ipv6->sin6_scope_id : (unsigned)interface.imr_ifindex;
    struct ipv6_mreq request = {.ipv6mr_multiaddr = ipv6->sin6_addr, .ipv6mr_interface = index};
    done = setsockopt(socket->fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof request);
  } else {
    interface.imr_multiaddr = ((const struct sockaddr_in *)&group.address)->sin_addr;
    done = setsockopt(socket->fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &interface, sizeof interface);
  }
  return int_result(env, done < 0 ? -errno : 0);
}

/* ── Receiving ── */

/* Room for the control data of either family. */
union control_data {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* The address that a datagram was sent to: a local, group or broadcast address. False if the kernel does not say. */
static bool read_destination(struct msghdr *message, struct endpoint *endpoint) {
  memset(endpoint, 0, sizeof *endpoint);
  for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one != NULL; one = CMSG_NXTHDR(message, one)) {
    if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo packet;
      memcpy(&packet, CMSG_DATA(one), sizeof packet);
      struct sockaddr_in *ipv4 = (struct sockaddr_in *)&endpoint->address;
      ipv4->sin_family = AF_INET;
      ipv4->sin_addr = packet.ipi_addr;
      return true;
    }
    if (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo packet;
      memcpy(&packet, CMSG_DATA(one), sizeof packet);
      struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&endpoint->address;
      ipv6->sin6_family = AF_INET6;
      ipv6->sin6_addr = packet.ipi6_addr;
      ipv6->sin6_scope_id = packet.ipi6_ifindex;
      return true;
    }
  }
  return false;
}

/* The header of one datagram. The headers follow the bytes of all datagrams. */
enum header {
  HEADER_LENGTH = 0,
  /* 1 if the datagram was truncated. */
  HEADER_CUT = 1,
  /* In the format of address.c; family 0 if the address is unknown. */
  HEADER_FROM = 2,
  HEADER_TO = 2 + ADDRESS_INTS,
};
_Static_assert(HEADER_TO + ADDRESS_INTS <= HEADER_INTS, "a header has room for both addresses");

/* receive(id, memory): how many datagrams are in `memory` now, or -errno. */
napi_value js_receive(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = datagrams_of(&call);
  if (socket == NULL) return int_result(env, -EBADF);
  void *memory;
  size_t bytes;
  if (napi_get_arraybuffer_info(env, call.argv[1], &memory, &bytes) != napi_ok || bytes < DATAGRAM_MEMORY_BYTES)
    return int_result(env, -EFAULT);
  struct mmsghdr messages[DATAGRAMS_MAX];
  struct iovec pieces[DATAGRAMS_MAX];
  struct sockaddr_storage from[DATAGRAMS_MAX];
  union control_data control[DATAGRAMS_MAX];
  memset(messages, 0, sizeof messages);
  for (int index = 0; index < DATAGRAMS_MAX; index++) {
    pieces[index] = (struct iovec){.iov_base = (uint8_t *)memory + (size_t)index * DATAGRAM_BYTES, .iov_len = DATAGRAM_BYTES};
    messages[index].msg_hdr = (struct msghdr){
        .msg_name = &from[index],
        .msg_namelen = sizeof from[index],
        .msg_iov = &pieces[index],
        .msg_iovlen = 1,
        .msg_control = &control[index],
        .msg_controllen = sizeof control[index],
    };
  }
  int count;
  do count = recvmmsg(socket->fd, messages, DATAGRAMS_MAX, MSG_DONTWAIT, NULL);
  while (count < 0 && errno == EINTR);
  if (count < 0) return int_result(env, -errno);
  int32_t *header = (int32_t *)((uint8_t *)memory + (size_t)DATAGRAMS_MAX * DATAGRAM_BYTES);
  for (int index = 0; index < count; index++, header += HEADER_INTS) {
    struct msghdr *message = &messages[index].msg_hdr;
    struct endpoint endpoint = {.address = from[index], .length = message->msg_namelen};
    header[HEADER_LENGTH] = (int32_t)messages[index].msg_len;
    header[HEADER_CUT] = (message->msg_flags & MSG_TRUNC) != 0;
    write_ip_endpoint(header + HEADER_FROM, &endpoint);
    header[HEADER_TO] = 0;
    if (read_destination(message, &endpoint)) write_ip_endpoint(header + HEADER_TO, &endpoint);
  }
  return int_result(env, count);
}

/* ── Sending ── */

/* Sets the local address to send from. A link-local address also selects its interface. */
static void add_packet_info(struct msghdr *message, union control_data *control, const struct endpoint *from) {
  memset(control, 0, sizeof *control);
  message->msg_control = control;
  struct cmsghdr *one = &control->align;
  if (from->address.ss_family == AF_INET) {
    struct in_pktinfo packet = {.ipi_spec_dst = ((const struct sockaddr_in *)&from->address)->sin_addr};
    *one = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof packet), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    memcpy(CMSG_DATA(one), &packet, sizeof packet);
    message->msg_controllen = CMSG_SPACE(sizeof packet);
  } else {
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&from->address;
    struct in6_pktinfo packet = {.ipi6_addr = ipv6->sin6_addr, .ipi6_ifindex = ipv6->sin6_scope_id};
    *one = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof packet), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO};
    memcpy(CMSG_DATA(one), &packet, sizeof packet);
    message->msg_controllen = CMSG_SPACE(sizeof packet);
  }
}

/* sendDatagram(id, bytes, host?, port, localHost?): 0 or -errno. After -EAGAIN, a record reports when there is room. */
napi_value js_send_datagram(napi_env env, napi_callback_info info) {
  struct call call = begin_call(env, info);
  struct socket *socket = datagrams_of(&call);
  if (socket == NULL) return int_result(env, -EBADF);
  struct iovec piece;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, call.argv[1], &type, &piece.iov_len, &piece.iov_base, NULL, NULL) != napi_ok ||
      type != napi_uint8_array)
    return int_result(env, -EINVAL);
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  struct endpoint to = {0}, from = {0};
  union control_data control;
  napi_valuetype given = napi_undefined;
  napi_typeof(env, call.argv[2], &given);
  if (given == napi_string) {
    int failed = read_endpoint(env, call.argv[2], call.argv[3], &to);
    if (failed < 0) return int_result(env, failed);
    message.msg_name = &to.address;
    message.msg_namelen = to.length;
  }
  napi_typeof(env, call.argv[4], &given);
  if (given == napi_string) {
    int failed = read_endpoint(env, call.argv[4], call.argv[3], &from);
    if (failed < 0) return int_result(env, failed);
  }
  if (given == napi_string) add_packet_info(&message, &control, &from);
  ssize_t sent;
  do sent = sendmsg(socket->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  int failed = sent < 0 ? -errno : 0;
  /* Wait for room in the device's queue as for room in the socket, as libuv does. */
  if (failed == -ENOBUFS) failed = -EAGAIN;
  uint8_t others = socket->wanted & (uint8_t)~POLLOUT;
  int unwatched = set_interest(call.loop, socket, failed == -EAGAIN ? others | POLLOUT : others);
  /* The kernel has taken the datagram, even if watching for room failed. */
  return int_result(env, failed == -EAGAIN && unwatched < 0 ? unwatched : failed);
}
