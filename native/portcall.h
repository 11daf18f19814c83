/*
 * What the parts of the addon share: the state of one thread's loop, the table of
 * its sockets, and the records by which JavaScript is told.
 *
 * Everything here belongs to one JavaScript thread and is used by that thread alone, so
 * nothing is locked. The protocol is on one page: docs/decisions/native-engine.md.
 */
#ifndef PORTCALL_H
#define PORTCALL_H

/* accept4 is Linux's own. */
#define _GNU_SOURCE
#define NAPI_VERSION 8

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <sys/socket.h>
#include <uv.h>

/* ── Sizes. Those that JavaScript has to know stand in src/wire/native/records.ts too. ── */

/* Where JavaScript puts small messages that it wants to have sent. */
#define OUTBOX_BYTES (64 * 1024)
/* How many sends may wait for the end of a batch. */
#define SENDS_MAX 1024
/* Records that JavaScript is told in one call. */
#define RECORDS_MAX 768
/* How often in one turn, before timers, promises and other I/O get theirs; */
#define ROUNDS_MAX 4
/* or so often, if each time there was more than could be taken: who stood still for a while, and then blames
 * somebody for silence, must have heard everybody first (F38). libuv does as much. */
#define FULL_ROUNDS_MAX 48
/* But no more bytes than this, */
#define TURN_BYTES_MAX (4 * 1024 * 1024)
/* and no longer, handlers included: whoever floods us must not keep timers and other I/O waiting. */
#define TURN_NS_MAX (2 * 1000 * 1000)

/* ── Records: what JavaScript is told, four numbers each. ── */

enum record_kind {
  RECORD_READ = 1,       /* id, offset in the arena, length */
  RECORD_ENDED = 2,      /* id: the peer's FIN */
  RECORD_FAILED = 3,     /* id, errno: nothing more will come of this socket */
  RECORD_WRITABLE = 4,   /* id: there is room again */
  RECORD_CONNECTED = 5,  /* id, errno or 0 */
  RECORD_READY = 6,      /* id: a client waits; of a datagram socket, there is something to receive */
};

#define RECORD_INTS 4
/* Before all of it stands the answer of the last call that had one, an address (see address.c) or what the kernel knows
 * of a connection (see tcp-info.c); and, until a call has read them, the options that it is given. */
#define ANSWER_INTS 64

/* ── Sends of a batch, which JavaScript leaves to its end: id, offset, length, and room for an errno. ── */

#define SEND_INTS 4
/* Before them: whether there is a batch under way, to whose end sends may be left, and how many have been. */
enum control { CONTROL_BATCH = 0, CONTROL_SENDS = 1, CONTROL_INTS = 2 };

/* ── Datagrams: the bytes of so many, each in a place of its own, and behind all of them a header for each. ── */

#define DATAGRAMS_MAX 16
/* More than any datagram of UDP has. */
#define DATAGRAM_BYTES (64 * 1024)
/* An address as an answer (address.c): three numbers, and the text of an IPv6 host with its zone. */
#define ADDRESS_INTS 24
#define HEADER_INTS 64
#define DATAGRAM_MEMORY_BYTES ((size_t)DATAGRAMS_MAX * (DATAGRAM_BYTES + HEADER_INTS * sizeof(int32_t)))

/* ── Sockets ── */

enum socket_kind { SOCKET_FREE = 0, SOCKET_LISTENER, SOCKET_CONNECTING, SOCKET_STREAM, SOCKET_DATAGRAMS };

/* What a socket is to be like; 0 leaves it as the kernel has it. JavaScript writes these numbers, in this order, to
 * where the answer stands, and then calls (src/wire/native/socket-options.ts). */
struct socket_options {
  int32_t no_delay;
  int32_t keep_alive_s;
  int32_t keep_alive_interval_s;
  int32_t keep_alive_probes;
  int32_t user_timeout_ms;
  int32_t receive_buffer_bytes;
  int32_t send_buffer_bytes;
  /* Of listeners alone. */
  int32_t backlog;
  int32_t ipv6_only;
  int32_t reuse_port;
};

/* Ten thousand idle clients are as many of these: 32 bytes each. */
struct socket {
  int fd;
  /* One more each time the slot is given out again. */
  uint16_t generation;
  uint8_t kind;
  bool is_tcp : 1;
  /* The peer's FIN has been read. */
  bool ended : 1;
  /* Whether epoll knows it. */
  bool registered : 1;
  /* The ring has reported the peer's FIN, which may not have been read yet. */
  bool half_closed : 1;
  /* Whether what the ring was asked for is being called off. */
  bool cancelling : 1;
  /* Whether it stands in the list of those whose interest may have to be changed. */
  bool listed : 1;
  /* Its owner has begun to read, */
  bool started : 1;
  /* and it is one of those that keep the process alive. */
  bool counted : 1;
  /* Of the sends that are being carried out, one of its own did not go whole. */
  bool stuck : 1;
  /* Its owner has said that the process need not live for it. */
  bool unreferenced : 1;
  /* Somebody else has made it, and may hold it still when we have closed it. */
  bool inherited : 1;
  /* POLLIN, POLLOUT: what is waited for. */
  uint8_t want;
  /* What the kernel was told last, or is at work on. */
  uint8_t told;
  /* The next free slot, or the next of the list. */
  int next_free;
  int next_listed;
  /* The file of a listener's Unix socket, removed when the listener is closed; or NULL. */
  struct socket_file *file;
};

/* ── The loop ── */

struct loop;

/* How the kernel is asked: epoll.c, or uring.c. Those that return a number return 0 or -errno. */
struct backend {
  size_t arena_bytes;
  /* What accept4 is to make of a client's descriptor. */
  int accept_flags;
  /* Makes `wake_fd` and whatever stands behind it; `close` undoes it when no socket is left. */
  int (*open)(struct loop *loop);
  void (*close)(struct loop *loop);
  /* One turn: the kernel's news, told in batches. */
  void (*turn)(struct loop *loop);
  /* Brings what the kernel was told up to what is wanted; `submit` makes sure that it is heard before long. */
  int (*tell)(struct loop *loop, struct socket *socket);
  void (*submit)(struct loop *loop);
  /* Carries out what has been left to the end of the batch; how many did not go whole. */
  int (*carry_out)(struct loop *loop);
  /* The batch is over, and its bytes are needed no more. */
  void (*batch_over)(struct loop *loop);
  /* A socket has become connected. */
  void (*connected)(struct socket *socket);
  /* Whether bytes of a socket have been read that JavaScript has not been told of. */
  bool (*has_untold)(struct loop *loop, int32_t id);
  /* Closes the descriptor. */
  void (*forget)(struct loop *loop, struct socket *socket);
};

extern const struct backend epoll_backend;
extern const struct backend uring_backend;
/* 0 if io_uring does here what its back end needs, or -errno: tried, not looked up. */
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
  /* What is readable when there is something to do. */
  int wake_fd;
  struct ring *ring;
  struct news *news;

  uint8_t *arena;
  size_t arena_used;
  /* Read in this turn, and when it began. */
  size_t turn_bytes;
  uint64_t turn_began;
  uint8_t *outbox;
  int32_t *answer;
  int32_t *control;
  int32_t *sends;
  int32_t *records;
  int records_count;
  /* JavaScript is being called with a batch. */
  bool in_batch;

  struct socket *sockets;
  int sockets_size;
  /* Slots that have ever been given out, and those of them that are free again. */
  int slots_used;
  int slots_free;
  int first_free;
  int last_free;
  int first_listed;
  /* How many there are whose interest may have to be changed. */
  int listed_count;
  /* Sockets that keep the process alive. */
  int active;
};

/* table.c: slots and ids. An id is a slot and its generation in one number. */
struct socket *socket_of(struct loop *loop, int32_t id);
struct socket *socket_at(struct loop *loop, int slot, uint16_t generation);
int32_t id_of(const struct loop *loop, const struct socket *socket);
/* Takes over the descriptor; returns an id, or -errno and then the descriptor is closed. */
int32_t adopt(struct loop *loop, int fd, enum socket_kind kind, bool is_tcp);
void release(struct loop *loop, struct socket *socket);

/* interest.c: what the kernel is asked for, told at once or, within a batch, when that is over. 0 or -errno. */
int want(struct loop *loop, struct socket *socket, uint8_t events);
void look_again(struct loop *loop, struct socket *socket);
void settle_interest(struct loop *loop);
void count(struct loop *loop, struct socket *socket);

/* watch.c: what epoll watches. `watch` brings what an instance was told up to what is wanted: 0 or -errno. */
struct epoll_event;
int watch(struct loop *loop, int epoll_fd, struct socket *socket);
/* Asks for these events, also if they were asked for before: an edge-triggered one that is due is told again. 0 or -errno. */
int watch_for(struct loop *loop, int epoll_fd, struct socket *socket, uint8_t events);
void close_watched(int epoll_fd, struct socket *socket);
/* The socket of an event; NULL if it was closed since. */
struct socket *watched_socket(struct loop *loop, const struct epoll_event *event);
/* A listener or a datagram socket that has become ready. */
void take_ready(struct loop *loop, struct socket *socket, int32_t id, uint32_t events);

/* batch.c: from records to JavaScript. */
void on_ready(uv_poll_t *poll, int status, int events);
/* Whether the turn may go on to another batch: what is left comes in the next turn. */
bool turn_lasts(const struct loop *loop);
void push_record(struct loop *loop, enum record_kind kind, int32_t id, int32_t a, int32_t b);
/* Whether there is room for what one socket may have to tell. */
bool has_room(const struct loop *loop);
void take_end(struct loop *loop, struct socket *socket, int32_t id);
void take_failure(struct loop *loop, struct socket *socket, int32_t id, int error);
void take_connected(struct loop *loop, struct socket *socket, int32_t id);
int error_of(int fd);
/* Tells all records there are. False when the thread is being ended. */
bool deliver(struct loop *loop);

/* stream.c: sends what there is, and watches for room if that was not all. The bytes taken, or -errno. */
struct iovec;
int32_t send_pieces(struct loop *loop, struct socket *socket, struct iovec *pieces, size_t count, size_t bytes);
/* What came of a send, taken or -errno: the same, with the watching. */
int32_t note_sent(struct loop *loop, struct socket *socket, ssize_t sent, size_t bytes);

/* sends.c: carries out what has been left to the end of the batch; how many did not go whole. */
int carry_out_sends(struct loop *loop);
/* The same of so many lines, of which those that do not hold UNTRIED have been tried, with that result. */
#define UNTRIED INT32_MIN
/* Of a line that the ring has taken, until its completion is read. */
#define SUBMITTED (INT32_MIN + 1)
int finish_sends(struct loop *loop, int count);
/* Where bytes lie that JavaScript wants sent: in the arena, or in the outbox, whose offsets count down from -1. */
void *bytes_at(struct loop *loop, int32_t offset, int32_t length);

/* socket_file.c */
struct socket_file *note_socket_file(const char *path);
void remove_socket_file(struct socket_file *file);

/* address.c */
struct place {
  struct sockaddr_storage address;
  socklen_t length;
};
/* A port below 0 makes `host` a Unix path, or an abstract name if it begins with NUL. Returns 0 or -errno. */
int read_place(napi_env env, napi_value host, napi_value port, struct place *place);
void answer_place(struct loop *loop, const struct place *place);
/* The same of an IP address, elsewhere: ADDRESS_INTS numbers. */
void write_place(int32_t *answer, const struct place *place);

/* options.c */
int open_stream_socket(int family);
struct socket_options read_options(const struct loop *loop);
/* Each returns 0 or -errno. */
int set_option(int fd, int level, int name, int value);
int set_tcp_options(int fd, const struct socket_options *options);

/* The functions that JavaScript calls. */
napi_value js_listen(napi_env env, napi_callback_info info);
napi_value js_inherit(napi_env env, napi_callback_info info);
napi_value js_accept(napi_env env, napi_callback_info info);
napi_value js_connect(napi_env env, napi_callback_info info);
napi_value js_local(napi_env env, napi_callback_info info);
napi_value js_tcp_info(napi_env env, napi_callback_info info);
napi_value js_hold(napi_env env, napi_callback_info info);
napi_value js_read(napi_env env, napi_callback_info info);
napi_value js_send(napi_env env, napi_callback_info info);
napi_value js_send_pieces(napi_env env, napi_callback_info info);
napi_value js_carry_out(napi_env env, napi_callback_info info);
napi_value js_shutdown(napi_env env, napi_callback_info info);
napi_value js_close(napi_env env, napi_callback_info info);
napi_value js_bind_datagrams(napi_env env, napi_callback_info info);
napi_value js_dial_datagrams(napi_env env, napi_callback_info info);
napi_value js_multicast_interface(napi_env env, napi_callback_info info);
napi_value js_join_group(napi_env env, napi_callback_info info);
napi_value js_receive(napi_env env, napi_callback_info info);
napi_value js_send_datagram(napi_env env, napi_callback_info info);
napi_value js_inline_urgent(napi_env env, napi_callback_info info);
/* resolve.c, which has threads, a lock and a state of its own. */
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
