/* libuv as its own documentation uses it, with the two things that speed it up: one buffer for all, and uv_try_write. */
#include <uv.h>

#include "listener.h"

enum { BUFFER_BYTES = 64 * 1024 };

struct client {
  uv_tcp_t handle;
  uint64_t count;
};

/* What uv_try_write has left over; the bytes follow. */
struct rest {
  uv_write_t request;
  char bytes[];
};

static enum service service;
static char buffer[BUFFER_BYTES];

static void free_client(uv_handle_t *handle) { free(handle->data); }

static void drop(struct client *client) {
  if (!uv_is_closing((uv_handle_t *)&client->handle)) uv_close((uv_handle_t *)&client->handle, free_client);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *lent) {
  (void)handle, (void)suggested;
  *lent = uv_buf_init(buffer, BUFFER_BYTES);
}

static void rest_sent(uv_write_t *request, int status) {
  if (status < 0) drop(request->handle->data);
  free(request);
}

static void echo(struct client *client, size_t size) {
  uv_buf_t bytes = uv_buf_init(buffer, (unsigned)size);
  int taken = uv_try_write((uv_stream_t *)&client->handle, &bytes, 1);
  if (taken == (int)size) return;
  if (taken < 0 && taken != UV_EAGAIN) return drop(client);
  if (taken < 0) taken = 0;
  size -= (size_t)taken;
  struct rest *rest = malloc(sizeof *rest + size);
  memcpy(rest->bytes, buffer + taken, size);
  bytes = uv_buf_init(rest->bytes, (unsigned)size);
  if (uv_write(&rest->request, (uv_stream_t *)&client->handle, &bytes, 1, rest_sent) != 0) drop(client);
}

static void received(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes) {
  (void)bytes;
  struct client *client = stream->data;
  if (size < 0) {
    uv_os_fd_t fd;
    if (size == UV_EOF && service == SERVICE_COUNT && uv_fileno((uv_handle_t *)stream, &fd) == 0) send_count(fd, client->count);
    return drop(client);
  }
  if (service == SERVICE_COUNT) client->count += (uint64_t)size;
  else if (size > 0) echo(client, (size_t)size);
}

static void client_came(uv_stream_t *server, int status) {
  if (status < 0) return;
  struct client *client = calloc(1, sizeof *client);
  uv_tcp_init(server->loop, &client->handle);
  client->handle.data = client;
  if (uv_accept(server, (uv_stream_t *)&client->handle) != 0) return drop(client);
  uv_read_start((uv_stream_t *)&client->handle, lend_buffer, received);
}

int main(int count, char **words) {
  uv_tcp_t server;
  service = choose_service(count, words);
  int listener = listen_on_loopback();
  uv_tcp_init(uv_default_loop(), &server);
  uv_tcp_open(&server, listener);
  if (uv_listen((uv_stream_t *)&server, 4096, client_came) != 0) give_up("uv_listen");
  say_ready(listener);
  return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
