/*
 * Makes calls of the addon fail: the n-th of its kind, with the errno that a test has requested, or several from
 * there on.
 *
 * It is preloaded before the C library (LD_PRELOAD). Only calls from the addon's own code count and fail; Node's own
 * pass. The test writes which call fails into a file that this library has mapped, and reads the counts there. The
 * numbers of calls are those of faults.ts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "submissions.h"

struct faults {
  /* 0, or the crowd whose calls are counted and may fail; */
  int32_t crowd;
  /* the kind of call, */
  int32_t call;
  /* the first one to fail, counted from 1, */
  int32_t number;
  /* how many fail, */
  int32_t times;
  /* how: an errno, or 0 for a call that moves a single byte, */
  int32_t error;
  /* and how many have failed. */
  int32_t failed;
  int32_t counts[CALLS];
};

static struct faults *faults;
/* The addon's code in memory, now or for this crowd: a thread that ends unloads it. */
static uintptr_t addon_from, addon_to;
static int32_t addon_of_crowd;

__attribute__((constructor)) static void map_faults(void) {
  const char *path = getenv("PORTCALL_FAULTS");
  int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *mapped = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) faults = mapped;
  close(fd);
}

static int note_addon(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size, (void)data;
  if (strstr(object->dlpi_name, "portcall.node") == NULL) return 0;
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[index];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
    addon_from = object->dlpi_addr + part->p_vaddr;
    addon_to = addon_from + part->p_memsz;
  }
  return 1;
}

static bool is_addon(const void *caller) {
  if (faults == NULL || faults->crowd == 0) return false;
  if (addon_of_crowd != faults->crowd) addon_from = addon_to = 0;
  addon_of_crowd = faults->crowd;
  if (addon_from == 0) dl_iterate_phdr(note_addon, NULL);
  return (uintptr_t)caller >= addon_from && (uintptr_t)caller < addon_to;
}

/* Counts a call. Returns whether it is to fail. */
static bool is_chosen(enum call call) {
  int32_t number = __atomic_add_fetch(&faults->counts[call], 1, __ATOMIC_RELAXED);
  if (faults->call != (int32_t)call || number < faults->number || number >= faults->number + faults->times)
    return false;
  faults->failed++;
  return true;
}

#define CALLER __builtin_return_address(0)
/* The next function of this name, in the C library. */
#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))
/* Fails the call, if it is the chosen one, before it has any effect. */
#define FAIL(call, result)                       \
  if (is_addon(CALLER) && is_chosen(call)) {     \
    errno = faults->error;                       \
    return result;                               \
  }
/* The same for a call that moves bytes. It may also move only one. */
#define FAIL_OR_CUT(call, cut)                   \
  if (is_addon(CALLER) && is_chosen(call)) {     \
    if (faults->error != 0) {                    \
      errno = faults->error;                     \
      return -1;                                 \
    }                                            \
    cut;                                         \
  }

int socket(int domain, int type, int protocol) {
  FAIL(CALL_SOCKET, -1)
  return REAL(socket)(domain, type, protocol);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  FAIL(CALL_BIND, -1)
  return REAL(bind)(fd, address, length);
}

int listen(int fd, int backlog) {
  FAIL(CALL_LISTEN, -1)
  return REAL(listen)(fd, backlog);
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
  FAIL(CALL_ACCEPT, -1)
  return REAL(accept4)(fd, address, length, flags);
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
  FAIL(CALL_CONNECT, -1)
  return REAL(connect)(fd, address, length);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length) {
  FAIL(CALL_GETSOCKNAME, -1)
  return REAL(getsockname)(fd, address, length);
}

int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
  FAIL(CALL_GETSOCKOPT, -1)
  return REAL(getsockopt)(fd, level, name, value, length);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
  FAIL(CALL_SETSOCKOPT, -1)
  return REAL(setsockopt)(fd, level, name, value, length);
}

ssize_t recv(int fd, void *bytes, size_t length, int flags) {
  FAIL_OR_CUT(CALL_RECV, length = 1)
  return REAL(recv)(fd, bytes, length, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  FAIL(CALL_RECVMMSG, -1)
  return REAL(recvmmsg)(fd, messages, count, flags, timeout);
}

ssize_t read(int fd, void *bytes, size_t length) {
  FAIL_OR_CUT(CALL_READ, (void)0)
  return REAL(read)(fd, bytes, length);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  FAIL_OR_CUT(CALL_SEND, length = 1)
  return REAL(send)(fd, bytes, length, flags);
}

/* A datagram is sent whole or not at all. */
static bool is_stream(int fd) {
  int type = 0;
  socklen_t length = sizeof type;
  return REAL(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  struct iovec first = {.iov_len = 1};
  struct msghdr cut = {.msg_iov = &first, .msg_iovlen = 1};
  FAIL_OR_CUT(CALL_SENDMSG, if (is_stream(fd)) first.iov_base = message->msg_iov[0].iov_base)
  return REAL(sendmsg)(fd, first.iov_base == NULL ? message : &cut, flags);
}

int shutdown(int fd, int how) {
  FAIL(CALL_SHUTDOWN, -1)
  return REAL(shutdown)(fd, how);
}

int epoll_create1(int flags) {
  FAIL(CALL_EPOLL_CREATE, -1)
  return REAL(epoll_create1)(flags);
}

int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event) {
  FAIL(CALL_EPOLL_CTL, -1)
  return REAL(epoll_ctl)(epoll_fd, operation, fd, event);
}

int epoll_wait(int epoll_fd, struct epoll_event *events, int most, int timeout) {
  FAIL(CALL_EPOLL_WAIT, -1)
  return REAL(epoll_wait)(epoll_fd, events, most, timeout);
}

/* dlsym may allocate, so these three call the C library's other names for them. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *memory, size_t bytes);

void *malloc(size_t bytes) {
  FAIL(CALL_ALLOCATE, NULL)
  return __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
  FAIL(CALL_ALLOCATE, NULL)
  return __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes) {
  FAIL(CALL_ALLOCATE, NULL)
  return __libc_realloc(memory, bytes);
}

void *mmap(void *where, size_t bytes, int protection, int flags, int fd, off_t offset) {
  FAIL(CALL_MMAP, MAP_FAILED)
  void *mapped = (void *)syscall(SYS_mmap, where, bytes, protection, flags, fd, offset);
  if (mapped != MAP_FAILED) note_ring_memory(fd, offset, mapped);
  return mapped;
}

/* io_uring has no functions in the C library. */
long syscall(long number, ...) {
  static long (*real)(long, ...);
  long given[6];
  va_list list;
  va_start(list, number);
  for (int index = 0; index < 6; index++) given[index] = va_arg(list, long);
  va_end(list);
  if (real == NULL) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  bool addon = is_addon(CALLER);
  if (addon && number == SYS_io_uring_setup) FAIL(CALL_RING_SETUP, -1)
  if (addon && number == SYS_io_uring_register) FAIL(CALL_RING_REGISTER, -1)
  if (addon && number == SYS_io_uring_enter) {
    FAIL(CALL_RING_ENTER, -1)
    for (uint32_t index = 0; index < (uint32_t)given[1]; index++) {
      struct io_uring_sqe *submission = submission_at((int)given[0], index);
      if (submission != NULL && is_chosen(call_of(submission))) spoil(submission, faults->error);
    }
  }
  long result = real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
  if (number == SYS_io_uring_setup && result >= 0) note_ring((int)result, (const struct io_uring_params *)given[1]);
  return result;
}
