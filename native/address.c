/*
 * Converts addresses between JavaScript's text and the kernel's structures.
 *
 * An address in the scratch memory is: the family (4, 6 or 1 for Unix), the port, the length of a text, then the
 * text. The text is an IPv6 host with its zone, or the path of a Unix socket. An abstract name begins with NUL. An
 * IPv4 host is four bytes instead.
 */
#include "portcall.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

static int read_unix(struct endpoint *endpoint, const char *path, size_t length) {
  struct sockaddr_un *address = (struct sockaddr_un *)&endpoint->address;
  if (length == 0) return -EINVAL;
  /* A path needs a terminating NUL. The length of an abstract name ends it. */
  bool abstract = path[0] == '\0';
  if (length + (abstract ? 0 : 1) > sizeof address->sun_path) return -ENAMETOOLONG;
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  endpoint->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (abstract ? 0 : 1));
  return 0;
}

/* The index of a network interface, or -errno: ENODEV if there is no such interface, or why the lookup failed. */
static int zone_index(const char *zone) {
  unsigned index = if_nametoindex(zone);
  if (index != 0) return (int)index;
  return errno == ENXIO ? -ENODEV : -errno;
}

static int read_ip(struct endpoint *endpoint, char *host, int port) {
  struct sockaddr_in *ipv4 = (struct sockaddr_in *)&endpoint->address;
  if (inet_pton(AF_INET, host, &ipv4->sin_addr) == 1) {
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons((uint16_t)port);
    endpoint->length = sizeof *ipv4;
    return 0;
  }
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&endpoint->address;
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
  endpoint->length = sizeof *ipv6;
  return 0;
}

int read_endpoint(napi_env env, napi_value host, napi_value port, struct endpoint *endpoint) {
  memset(endpoint, 0, sizeof *endpoint);
  char text[256];
  size_t length = 0;
  if (napi_get_value_string_utf8(env, host, text, sizeof text, &length) != napi_ok) return -EINVAL;
  int number = int_argument(env, port);
  return number < 0 ? read_unix(endpoint, text, length) : read_ip(endpoint, text, number);
}

/* The kernel gives link-local addresses a zone, unicast or multicast (RFC 4007). */
static bool has_zone(const struct in6_addr *address) {
  return IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address) || IN6_IS_ADDR_MC_NODELOCAL(address);
}

static void write_ipv4(int32_t *out, const void *address, uint16_t port) {
  out[0] = 4;
  out[1] = ntohs(port);
  memcpy(&out[3], address, 4);
}

void write_ip_endpoint(int32_t *out, const struct endpoint *endpoint) {
  if (endpoint->address.ss_family == AF_INET) {
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)&endpoint->address;
    write_ipv4(out, &ipv4->sin_addr, ipv4->sin_port);
    return;
  }
  const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)&endpoint->address;
  if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) {
    write_ipv4(out, &ipv6->sin6_addr.s6_addr[12], ipv6->sin6_port);
    return;
  }
  char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
  char zone[IF_NAMESIZE];
  inet_ntop(AF_INET6, &ipv6->sin6_addr, text, INET6_ADDRSTRLEN);
  if (has_zone(&ipv6->sin6_addr) && if_indextoname(ipv6->sin6_scope_id, zone) != NULL) {
    strcat(text, "%");
    strcat(text, zone);
  }
  out[0] = 6;
  out[1] = ntohs(ipv6->sin6_port);
  out[2] = (int32_t)strlen(text);
  memcpy(&out[3], text, strlen(text));
}

void write_endpoint(struct loop *loop, const struct endpoint *endpoint) {
  int32_t *out = loop->scratch;
  if (endpoint->address.ss_family != AF_UNIX) {
    write_ip_endpoint(out, endpoint);
    return;
  }
  const struct sockaddr_un *named = (const struct sockaddr_un *)&endpoint->address;
  socklen_t start = offsetof(struct sockaddr_un, sun_path);
  size_t length = endpoint->length > start ? endpoint->length - start : 0;
  /* The kernel counts the NUL after a path. NULs in an abstract name belong to the name. */
  if (length > 0 && named->sun_path[0] != '\0') length = strnlen(named->sun_path, length);
  out[0] = 1;
  out[2] = (int32_t)length;
  memcpy(&out[3], named->sun_path, length);
}
