/*
 * What the parts of the addon share: the state of one thread's loop, the table of its sockets, and the records that
 * JavaScript reads.
 *
 * Each loop belongs to one JavaScript thread, which alone uses it, so there are no locks.
 * docs/decisions/native-engine.md describes the protocol.
 *
 * No two .c files call each other, not even through a third: test/architecture/c-calls.test.ts.
 */
#ifndef PORTCALL_H
#define PORTCALL_H

/* For accept4, which is specific to Linux. */
#define _GNU_SOURCE
#define NAPI_VERSION 8

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <sys/socket.h>
#include <uv.h>

/* ── Sizes. src/wire/native/records.ts repeats those that JavaScript needs. ── */

/* Small messages that JavaScript sends are copied here. */
#define OUTBOX_BYTES (64 * 1024)
/* Sends that can be deferred to the end of a batch. */
#define SENDS_MAX 1024
/* Records that one call passes to JavaScript. */
#define RECORDS_MAX 768
/* Rounds of reading in one turn, before timers, promises and other I/O run. */
#define ROUNDS_MAX 4
/* The limit while each round fills completely, as in libuv. After a long stall, the engine should read everything that
 * arrived meanwhile before a timeout blames a silent peer (F38). */
#define FULL_ROUNDS_MAX 48
/* Limits of one turn, handlers included, so that a flood of bytes does not delay timers and other I/O. */
#define TURN_BYTES_MAX (4 * 1024 * 1024)
#define TURN_NS_MAX (2 * 1000 * 1000)

/* ── Records: events for JavaScript, four numbers each. ── */

enum record_kind {
  RECORD_READ = 1,       /* id, offset in the arena, length */
  RECORD_ENDED = 2,      /* id: the peer's FIN */
  RECORD_FAILED = 3,     /* id, errno: no more records follow for this socket */
  RECORD_WRITABLE = 4,   /* id: the send buffer has room again */
  RECORD_CONNECTED = 5,  /* id, errno or 0 */
  RECORD_READY = 6,      /* id: a listener has a client to accept, or a datagram socket has something to receive */
  RECORD_DETACHABLE = 7, /* id: no request refers to the socket any more, so that it can be detached */
};

#define RECORD_INTS 4
/* Scratch memory in front of the records. A call that returns an address (address.c) or TCP_INFO (tcp_info.c) writes
 * its result here. A call that takes options reads them from here. */
#define SCRATCH_INTS 64

/* ── Deferred sends, which JavaScript leaves to the end of a batch: id, offset, length, and room for an errno. ── */

#define SEND_INTS 4
/* In front of them: whether a batch is running, so that sends can be deferred, and how many are deferred. */
enum control { CONTROL_BATCH = 0, CONTROL_SENDS = 1, CONTROL_INTS = 2 };

/* ── Datagrams: room for the bytes of each, then a header for each. ── */

#define DATAGRAMS_MAX 16
/* More than the largest UDP datagram. */
#define DATAGRAM_BYTES (64 * 1024)
/* An address as address.c writes it: three numbers, then the text of an IPv6 host with its zone. */
#define ADDRESS_INTS 24
#define HEADER_INTS 64
#define DATAGRAM_MEMORY_BYTES ((size_t)DATAGRAMS_MAX * (DATAGRAM_BYTES + HEADER_INTS * sizeof(int32_t)))

/* ── Sockets ── */

enum socket_kind { SOCKET_FREE = 0, SOCKET_LISTENER, SOCKET_CONNECTING, SOCKET_STREAM, SOCKET_DATAGRAMS };

/* Options of a socket; 0 keeps the kernel's default. JavaScript writes these numbers into the scratch memory, in this
 * order, before the call that takes them (src/wire/native/socket-options.ts). */
struct socket_options {
  int32_t no_delay;
  int32_t keep_alive_s;
  int32_t keep_alive_interval_s;
  int32_t keep_alive_probes;
  int32_t user_timeout_ms;
  int32_t receive_buffer_bytes;
  int32_t send_buffer_bytes;
  /* For listeners only. */
  int32_t backlog;
  int32_t ipv6_only;
  int32_t reuse_port;
};

/* 32 bytes, because a server may have tens of thousands of idle clients. */
struct socket {
  int fd;
  /* Increases each time the slot is reused. */
  uint16_t generation;
  uint8_t kind;
  bool is_tcp : 1;
  /* The peer's FIN has been read. */
  bool ended : 1;
  /* The descriptor has been added to epoll. */
  bool in_epoll : 1;
  /* The ring has reported the peer's FIN, which may be unread. */
  bool half_closed : 1;
  /* A cancellation of the receive request is under way. */
  bool cancelling : 1;
  /* Detaching waits for the requests under way. */
  bool detaching : 1;
  /* The socket is in the list of sockets whose interest may have changed. */
  bool listed : 1;
  /* JavaScript has started to read. */
  bool started : 1;
  /* The socket is counted in `active`. */
  bool counted : 1;
  /* One of the deferred sends of this socket was incomplete, so the later ones are not tried. */
  bool blocked : 1;
  /* JavaScript has unreferenced the socket: it does not keep the process alive. */
  bool unreferenced : 1;
  /* The descriptor came from another process, which may still hold it after close. */
  bool inherited : 1;
  /* POLLIN and POLLOUT: the events that JavaScript wants. */
  uint8_t wanted;
  /* The events that epoll watches, or that a request of the ring waits for. */
  uint8_t registered;
  /* The next free slot, and the next socket of the list. */
  int next_free;
  int next_listed;
  /* The file of a listener's Unix socket, removed when the listener is closed; or NULL. */
  struct socket_file *file;
};

/* ── The loop ── */

struct loop;

/* The interface of epoll.c and uring.c. Functions that return a number return 0 or -errno. */
struct backend {
  size_t arena_bytes;
  /* Flags of accept4 for a client's descriptor. */
  int accept_flags;
  /* Creates `wake_fd` and what it watches. `close` undoes that when no socket is left. */
  int (*open)(struct loop *loop);
  void (*close)(struct loop *loop);
  /* Runs one turn: reads the kernel's events and passes them to JavaScript in batches. */
  void (*turn)(struct loop *loop);
  /* Registers the wanted events with the kernel. `submit` makes pending registrations take effect. */
  int (*register_interest)(struct loop *loop, struct socket *socket);
  void (*submit)(struct loop *loop);
  /* Performs the deferred sends. Returns how many were incomplete. */
  int (*flush_sends)(struct loop *loop);
  /* Ends the batch. Its bytes in the arena may be overwritten. */
  void (*batch_over)(struct loop *loop);
  /* Prepares a socket that has just connected. */
  void (*connected)(struct socket *socket);
  /* Whether bytes of a socket were read that no record has reported yet. */
  bool (*has_unreported)(struct loop *loop, int32_t id);
  void (*close_fd)(struct loop *loop, struct socket *socket);
  /* Removes the descriptor from the kernel's events and makes it non-blocking. -EINPROGRESS while a request refers to
   * it: a record reports when none does. */
  int (*detach_fd)(struct loop *loop, struct socket *socket);
};

extern const struct backend epoll_backend;
extern const struct backend uring_backend;
/* Tries whether io_uring has what uring.c needs. 0 or -errno. */
int probe_uring(void);

struct loop {
  napi_env env;
  napi_ref dispatch;
  napi_ref unsent;
  napi_ref arena_ref;
  napi_ref records_ref;
  napi_ref outbox_ref;
  napi_async_cleanup_hook_handle cleanup;
  uv_poll_t poll;
  const struct backend *backend;
  /* Becomes readable when there is work. Node's loop polls it. */
  int wake_fd;
  struct ring *ring;
  struct ready_events *ready;

  uint8_t *arena;
  size_t arena_used;
  /* Bytes read in this turn, and when it began. */
  size_t turn_bytes;
  uint64_t turn_began;
  uint8_t *outbox;
  int32_t *scratch;
  int32_t *control;
  int32_t *sends;
  int32_t *records;
  int records_count;
  /* A batch is being collected, or JavaScript is being called with one. */
  bool in_batch;

  struct socket *sockets;
  int sockets_size;
  /* The number of slots used so far, and the list of free ones among them. */
  int slots_used;
  int slots_free;
  int first_free;
  int last_free;
  int first_listed;
  /* The length of the list that begins at `first_listed`. */
  int listed_count;
  /* Sockets that keep the process alive. */
  int active;
};

/* table.c: slots and ids. An id combines a slot and its generation. */
struct socket *socket_of(struct loop *loop, int32_t id);
struct socket *socket_at(struct loop *loop, int slot, uint16_t generation);
int32_t id_of(const struct loop *loop, const struct socket *socket);
/* A free slot, or -errno. */
int take_slot(struct loop *loop);
void free_slot(struct loop *loop, int slot);

/* sockets.c. `adopt` takes over the descriptor. It returns an id; or it closes the descriptor and returns -errno. */
int32_t adopt(struct loop *loop, int fd, enum socket_kind kind, bool is_tcp);
void release(struct loop *loop, struct socket *socket);
/* Frees the slot, and leaves the descriptor open. Its events must be over: see `detach_fd`. */
void forget(struct loop *loop, struct socket *socket);

/* interest.c: the events that JavaScript wants of a socket. Within a batch they are registered at its end. 0 or -errno. */
int set_interest(struct loop *loop, struct socket *socket, uint8_t events);
void mark_changed(struct loop *loop, struct socket *socket);
void apply_interest(struct loop *loop);
void update_active(struct loop *loop, struct socket *socket);

/* watch.c: what epoll watches. `watch_wanted` registers the wanted events with an epoll instance: 0 or -errno. */
struct epoll_event;
int watch_wanted(struct loop *loop, int epoll_fd, struct socket *socket);
/* Registers these events even if nothing changed: epoll then reports a pending edge-triggered event again. 0 or -errno. */
int watch_events(struct loop *loop, int epoll_fd, struct socket *socket, uint8_t events);
void close_watched(int epoll_fd, struct socket *socket);
/* Removes the descriptor from an epoll instance. 0 or -errno. */
int unwatch(int epoll_fd, struct socket *socket);
/* The socket of an event; NULL if it has been closed since. */
struct socket *watched_socket(struct loop *loop, const struct epoll_event *event);

/* records.c */
void push_record(struct loop *loop, enum record_kind kind, int32_t id, int32_t a, int32_t b);
/* Whether there is room for the records of one more socket. */
bool has_room(const struct loop *loop);

/* events.c: events that both back ends report. */
void take_end(struct loop *loop, struct socket *socket, int32_t id);
void take_failure(struct loop *loop, struct socket *socket, int32_t id, int error);
void take_connected(struct loop *loop, struct socket *socket, int32_t id);
/* A listener or a datagram socket is ready. */
void take_ready(struct loop *loop, struct socket *socket, int32_t id, uint32_t events);
int error_of(int fd);

/* batch.c: calls JavaScript. */
void on_ready(uv_poll_t *poll, int status, int events);
/* Whether the turn may go on with another batch. */
bool turn_may_continue(const struct loop *loop);
/* Passes all records to JavaScript. False when the thread is ending. */
bool deliver(struct loop *loop);

/* send.c: sends, and watches for room if the kernel did not take everything. Returns the bytes taken, or -errno. */
struct iovec;
int32_t send_pieces(struct loop *loop, struct socket *socket, struct iovec *pieces, size_t count, size_t bytes);
/* The same after a send that has been made: `sent` is its result. */
int32_t record_sent(struct loop *loop, struct socket *socket, ssize_t sent, size_t bytes);
/* The memory of bytes to send. Offsets from 0 are in the arena; offsets from -1 downwards are in the outbox. */
void *bytes_at(struct loop *loop, int32_t offset, int32_t length);

/* sends.c: performs the deferred sends. Returns how many were incomplete. */
int flush_sends(struct loop *loop);
/* The same for the first `count` lines. A line whose errno field is not UNTRIED was sent already, with that result. */
#define UNTRIED INT32_MIN
/* The errno field of a line that the ring has taken, until its completion is read. */
#define SUBMITTED (INT32_MIN + 1)
int finish_sends(struct loop *loop, int count);

/* socket_file.c */
struct socket_file *note_socket_file(const char *path);
void remove_socket_file(struct socket_file *file);

/* address.c */
struct endpoint {
  struct sockaddr_storage address;
  socklen_t length;
};
/* A port below 0 makes `host` a Unix path, or an abstract name if it begins with NUL. Returns 0 or -errno. */
int read_endpoint(napi_env env, napi_value host, napi_value port, struct endpoint *endpoint);
/* Writes an address into the scratch memory. */
void write_endpoint(struct loop *loop, const struct endpoint *endpoint);
/* Writes an IP address as ADDRESS_INTS numbers. */
void write_ip_endpoint(int32_t *out, const struct endpoint *endpoint);

/* options.c */
int open_stream_socket(int family);
struct socket_options read_options(const struct loop *loop);
/* Each returns 0 or -errno. */
int set_option(int fd, int level, int name, int value);
int set_tcp_options(int fd, const struct socket_options *options);

/* Functions that JavaScript calls. */
napi_value js_listen(napi_env env, napi_callback_info info);
napi_value js_inherit(napi_env env, napi_callback_info info);
napi_value js_accept(napi_env env, napi_callback_info info);
napi_value js_connect(napi_env env, napi_callback_info info);
napi_value js_local(napi_env env, napi_callback_info info);
napi_value js_tcp_info(napi_env env, napi_callback_info info);
napi_value js_set_options(napi_env env, napi_callback_info info);
napi_value js_hold(napi_env env, napi_callback_info info);
napi_value js_set_reading(napi_env env, napi_callback_info info);
napi_value js_send(napi_env env, napi_callback_info info);
napi_value js_send_pieces(napi_env env, napi_callback_info info);
napi_value js_flush_sends(napi_env env, napi_callback_info info);
napi_value js_shutdown(napi_env env, napi_callback_info info);
napi_value js_close(napi_env env, napi_callback_info info);
napi_value js_detach(napi_env env, napi_callback_info info);
napi_value js_bind_datagrams(napi_env env, napi_callback_info info);
napi_value js_connect_datagrams(napi_env env, napi_callback_info info);
napi_value js_multicast_interface(napi_env env, napi_callback_info info);
napi_value js_join_group(napi_env env, napi_callback_info info);
napi_value js_receive(napi_env env, napi_callback_info info);
napi_value js_send_datagram(napi_env env, napi_callback_info info);
napi_value js_inline_urgent(napi_env env, napi_callback_info info);
/* resolve.c, which has its own threads, lock and state. */
napi_value js_open_lookups(napi_env env, napi_callback_info info);

/* arguments.c */
#define ARGUMENTS_MAX 6
struct call {
  struct loop *loop;
  napi_value argv[ARGUMENTS_MAX];
};
struct call begin_call(napi_env env, napi_callback_info info);
int32_t int_argument(napi_env env, napi_value value);
napi_value int_result(napi_env env, int32_t value);

#endif
