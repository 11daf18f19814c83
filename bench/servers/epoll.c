/*
 * The baseline: one thread, one level-triggered epoll, one buffer for all clients. Each readiness costs one recv and
 * one send, the minimum for a closed loop of requests. Data that the kernel does not take at once waits with the
 * client, which is not read until it is sent.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>

#include "listener.h"

enum { EVENTS_MAX = 256, BUFFER_BYTES = 64 * 1024 };

struct client {
  int fd;
  uint64_t count;
  char *waiting; /* data not sent yet, or NULL */
  size_t waiting_bytes;
  size_t waiting_sent;
};

static enum service service;
static int epoll_fd;
static char buffer[BUFFER_BYTES];

static void drop(struct client *client) {
  close(client->fd);
  free(client->waiting);
  free(client);
}

static void watch(struct client *client, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = client};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, client->fd, &event);
}

static void accept_all(int listener) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    struct client *client = calloc(1, sizeof *client);
    client->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
  if (errno != EAGAIN && errno != ECONNABORTED) perror("accept");
}

static void echo(struct client *client, size_t size) {
  ssize_t sent = send(client->fd, buffer, size, MSG_NOSIGNAL);
  if (sent == (ssize_t)size) return;
  if (sent < 0 && errno != EAGAIN) return drop(client);
  size_t taken = sent < 0 ? 0 : (size_t)sent;
  client->waiting_bytes = size - taken;
  client->waiting_sent = 0;
  client->waiting = malloc(client->waiting_bytes);
  memcpy(client->waiting, buffer + taken, client->waiting_bytes);
  watch(client, EPOLLOUT);
}

static void send_waiting(struct client *client) {
  ssize_t sent = send(client->fd, client->waiting + client->waiting_sent, client->waiting_bytes - client->waiting_sent,
                      MSG_NOSIGNAL);
  if (sent < 0 && errno == EAGAIN) return;
  if (sent < 0) return drop(client);
  client->waiting_sent += (size_t)sent;
  if (client->waiting_sent < client->waiting_bytes) return;
  free(client->waiting);
  client->waiting = NULL;
  watch(client, EPOLLIN);
}

static void receive(struct client *client) {
  ssize_t size = recv(client->fd, buffer, BUFFER_BYTES, 0);
  if (size < 0 && errno == EAGAIN) return;
  if (size == 0 && service == SERVICE_COUNT) send_count(client->fd, client->count);
  if (size <= 0) return drop(client);
  if (service == SERVICE_ECHO) return echo(client, (size_t)size);
  client->count += (uint64_t)size;
}

int main(int count, char **words) {
  service = choose_service(count, words);
  int listener = listen_on_loopback();
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event own = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &own);
  say_ready(listener);

  struct epoll_event events[EVENTS_MAX];
  for (;;) {
    int ready = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);
    for (int i = 0; i < ready; i++) {
      struct client *client = events[i].data.ptr;
      if (!client) accept_all(listener);
      else if (client->waiting) send_waiting(client);
      else receive(client);
    }
  }
}
