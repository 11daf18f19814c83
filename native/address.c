/*
 * Addresses between JavaScript's text and the kernel's bytes.
 *
 * An answer stands before the records: family (4, 6 or 1 for Unix), port, length of the text, then the text:
 * an IPv6 host, with its zone, or the path of a Unix socket, with NUL in front of an abstract one. An IPv4 host stands
 * there as its four bytes.
 */
#include "portcall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static int read_unix(struct place *place, const char *path, size_t length) {
  struct sockaddr_un *address = (struct sockaddr_un *)&place->address;
  if (length == 0) return -EINVAL;
  /* A path needs its NUL; an abstract name ends where its length says. */
  bool abstract = path[0] == '\0';
  if (length + (abstract ? 0 : 1) > sizeof address->sun_path) return -ENAMETOOLONG;
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  place->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (abstract ? 0 : 1));
  return 0;
}

/* The number of a network interface, or -errno: ENODEV if there is none, or what was lacking to find out. */
static int zone_index(const char *zone) {
  unsigned index = if_nametoindex(zone);
  if (index != 0) return (int)index;
  return errno == ENXIO ? -ENODEV : -errno;
}

static int read_ip(struct place *place, char *host, int port) {
  struct sockaddr_in *ipv4 = (struct sockaddr_in *)&place->address;
  if (inet_pton(AF_INET, host, &ipv4->sin_addr) == 1) {
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons((uint16_t)port);
    place->length = sizeof *ipv4;
    return 0;
  }
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&place->address;
  char *zone = strchr(host, '%');
  if (zone != NULL) *zone++ = '\0';
  if (inet_pton(AF_INET6, host, &ipv6->sin6_addr) != 1) return -EINVAL;
  ipv6->sin6_family = AF_INET6;
  ipv6->sin6_port = htons((uint16_t)port);
  if (zone != NULL) {
    int index = zone_index(zone);
    if (index < 0) return index;
    ipv6->sin6_scope_id = (uint32_t)index;
  }
  place->length = sizeof *ipv6;
  return 0;
}

int read_place(napi_env env, napi_value host, napi_value port, struct place *place) {
  memset(place, 0, sizeof *place);
  char text[256];
  size_t length = 0;
  if (napi_get_value_string_utf8(env, host, text, sizeof text, &length) != napi_ok) return -EINVAL;
  int number = int_argument(env, port);
  return number < 0 ? read_unix(place, text, length) : read_ip(place, text, number);
}

/* The kernel gives link-local addresses a zone, unicast or multicast (RFC 4007). */
static bool has_zone(const struct in6_addr *address) {
  return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address) || IN6_IS_ADDR_MC_NODELOCAL(address);
}

static void write_ipv4(int32_t *answer, const void *address, uint16_t port) {
  answer[0] = 4;
  answer[1] = ntohs(port);
  memcpy(&answer[3], address, 4);
}

void write_place(int32_t *answer, const struct place *place) {
  if (place->address.ss_family == AF_INET) {
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&place->address;
    write_ipv4(answer, &ipv4->sin_addr, ipv4->sin_port);
    return;
  }
  const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&place->address;
  if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) {
    write_ipv4(answer, &ipv6->sin6_addr.s6_addr[12], ipv6->sin6_port);
    return;
  }
  char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
  char zone[IF_NAMESIZE];
  inet_ntop(AF_INET6, &ipv6->sin6_addr, text, INET6_ADDRSTRLEN);
  if (has_zone(&ipv6->sin6_addr) && if_indextoname(ipv6->sin6_scope_id, zone) != NULL) {
    strcat(text, "%");
    strcat(text, zone);
  }
  answer[0] = 6;
  answer[1] = ntohs(ipv6->sin6_port);
  answer[2] = (int32_t)strlen(text);
  memcpy(&answer[3], text, strlen(text));
}

void answer_place(struct loop *loop, const struct place *place) {
  int32_t *answer = loop->answer;
  if (place->address.ss_family != AF_UNIX) {
    write_place(answer, place);
    return;
  }
  const struct sockaddr_un *named = (const struct sockaddr_un *)&place->address;
  socklen_t start = offsetof(struct sockaddr_un, sun_path);
  size_t length = place->length > start ? place->length - start : 0;
  /* The NUL behind a path is counted, those of an abstract name are its own. */
  if (length > 0 && named->sun_path[0] != '\0') length = strnlen(named->sun_path, length);
  answer[0] = 1;
  answer[2] = (int32_t)length;
  memcpy(&answer[3], named->sun_path, length);
}
