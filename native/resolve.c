/*
 * Name lookups with the system's getaddrinfo, on threads of the addon.
 *
 * libuv's pool has four threads, which file operations use too. A lookup whose name server does not answer occupies
 * one of them for many seconds and cannot be cancelled (nodejs/node#8436). Here each lookup has its own thread, up to
 * THREADS_MAX. Others wait in a queue. A cancelled lookup leaves the queue, or its thread discards the answer.
 *
 * getaddrinfo cannot be interrupted, so a thread may outlive the JavaScript thread that started it, but not the
 * process. Therefore the library stays loaded (-z nodelete), `lock` guards all shared data, and a lookup refers to
 * its asker only while the asker waits.
 */
#include "portcall.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* Concurrent lookups of the whole process. Abandoned ones count until getaddrinfo returns. */
#define THREADS_MAX 128
/* Name service modules may use more than a page or two. The kernel only provides the pages that are used. */
#define THREAD_STACK_BYTES (1024 * 1024)
/* A name has at most 253 characters. getaddrinfo rejects longer ones. */
#define NAME_BYTES_MAX 1025

enum lookup_state { LOOKUP_QUEUED, LOOKUP_RUNNING, LOOKUP_ANSWERED };

struct lookup {
  /* In the queue, or in its asker's list of answers. */
  TAILQ_ENTRY(lookup) in_line;
  /* In its asker's list of pending lookups. */
  TAILQ_ENTRY(lookup) of_asker;
  /* NULL when the asker no longer waits for the answer. */
  struct asker *asker;
  enum lookup_state state;
  int32_t id;
  int family;
  /* The answer: a code of getaddrinfo, and errno if that is EAI_SYSTEM. */
  int status;
  int error;
  struct addrinfo *found;
  char name[];
};

TAILQ_HEAD(lookups, lookup);

/* One JavaScript thread. */
struct asker {
  napi_env env;
  napi_ref answered;
  napi_async_cleanup_hook_handle cleanup;
  uv_async_t wake;
  int32_t last_id;
  int outstanding;
  /* Guarded by `lock`. */
  struct lookups asked;
  struct lookups answers;
};

/* Shared by all threads of the process. */
static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t lock;
static struct lookups queue;
static int threads;
/* The thread that ended last. The next one to end joins it, so that at most one is left. */
static uv_thread_t ended_thread;
static bool has_ended_thread;

static void set_up(void) {
  uv_mutex_init(&lock);
  TAILQ_INIT(&queue);
}

static void free_lookup(struct lookup *lookup) {
  if (lookup->found != NULL) freeaddrinfo(lookup->found);
  free(lookup);
}

/* ── The lookup threads ── */

static void ask_system(struct lookup *lookup) {
  /* One socket type, so that each address appears once. Without AI_ADDRCONFIG, as in nc and curl. */
  struct addrinfo hints = {.ai_family = lookup->family, .ai_socktype = SOCK_STREAM};
  errno = 0;
  lookup->status = getaddrinfo(lookup->name, NULL, &hints, &lookup->found);
  lookup->error = errno;
  if (lookup->status != 0) lookup->found = NULL;
}

/* Call with the lock held. */
static void hand_over(struct lookup *lookup) {
  struct asker *asker = lookup->asker;
  if (asker == NULL) {
    free_lookup(lookup);
    return;
  }
  lookup->state = LOOKUP_ANSWERED;
  TAILQ_INSERT_TAIL(&asker->answers, lookup, in_line);
  uv_async_send(&asker->wake);
}

static void run_thread(void *nothing) {
  (void)nothing;
  struct lookup *lookup;
  uv_mutex_lock(&lock);
  while ((lookup = TAILQ_FIRST(&queue)) != NULL) {
    TAILQ_REMOVE(&queue, lookup, in_line);
    lookup->state = LOOKUP_RUNNING;
    uv_mutex_unlock(&lock);
    ask_system(lookup);
    uv_mutex_lock(&lock);
    hand_over(lookup);
  }
  threads--;
  bool joins = has_ended_thread;
  uv_thread_t before = ended_thread;
  ended_thread = uv_thread_self();
  has_ended_thread = true;
  uv_mutex_unlock(&lock);
  if (joins) uv_thread_join(&before);
}

/* Call with the lock held. False if no thread will ever take the queued lookups. */
static bool start_thread(void) {
  if (threads >= THREADS_MAX) return true;
  uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE, .stack_size = THREAD_STACK_BYTES};
  uv_thread_t thread;
  if (uv_thread_create_ex(&thread, &options, run_thread, NULL) != 0) return threads > 0;
  threads++;
  return true;
}

/* ── The JavaScript thread ── */

static void settle(struct asker *asker, struct lookup *lookup) {
  TAILQ_REMOVE(&asker->asked, lookup, of_asker);
  lookup->asker = NULL;
  /* Only pending lookups keep the process alive. */
  if (--asker->outstanding == 0) uv_unref((uv_handle_t *)&asker->wake);
}

/* Call with the lock held. The asker no longer waits for this lookup. */
static void drop(struct asker *asker, struct lookup *lookup) {
  settle(asker, lookup);
  if (lookup->state == LOOKUP_RUNNING) return;
  TAILQ_REMOVE(lookup->state == LOOKUP_QUEUED ? &queue : &asker->answers, lookup, in_line);
  free_lookup(lookup);
}

static const char *name_of(int status) {
  switch (status) {
    case EAI_NONAME: return "EAI_NONAME";
    case EAI_AGAIN: return "EAI_AGAIN";
    case EAI_FAIL: return "EAI_FAIL";
    case EAI_MEMORY: return "EAI_MEMORY";
    case EAI_SYSTEM: return "EAI_SYSTEM";
    case EAI_FAMILY: return "EAI_FAMILY";
    case EAI_OVERFLOW: return "EAI_OVERFLOW";
#ifdef EAI_NODATA
    case EAI_NODATA: return "EAI_NODATA";
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY: return "EAI_ADDRFAMILY";
#endif
    default: return "EAI_FAIL";
  }
}

/* The addresses as text, with the zone of a link-local address. */
static napi_value addresses_of(napi_env env, const struct addrinfo *found) {
  napi_value all = NULL, one;
  uint32_t count = 0;
  if (napi_create_array(env, &all) != napi_ok) return NULL;
  for (; found != NULL; found = found->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) != 0) continue;
    if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &one) != napi_ok ||
        napi_set_element(env, all, count++, one) != napi_ok)
      return NULL;
  }
  return all;
}

/* Whether JavaScript can go on. It cannot when its thread is ending. */
static bool call_answered(struct asker *asker, const struct lookup *lookup) {
  napi_env env = asker->env;
  napi_value argv[4], function, receiver;
  argv[1] = lookup->status == 0 ? addresses_of(env, lookup->found) : NULL;
  if (argv[1] == NULL && napi_get_undefined(env, &argv[1]) != napi_ok) return false;
  const char *code = lookup->status == 0 ? "" : name_of(lookup->status);
  if (napi_create_int32(env, lookup->id, &argv[0]) != napi_ok ||
      napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &argv[2]) != napi_ok ||
      napi_create_int32(env, lookup->error, &argv[3]) != napi_ok ||
      napi_get_reference_value(env, asker->answered, &function) != napi_ok ||
      napi_get_global(env, &receiver) != napi_ok)
    return false;
  napi_status status = napi_make_callback(env, NULL, receiver, function, 4, argv, NULL);
  napi_value error;
  if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &error) == napi_ok)
    status = napi_fatal_exception(env, error);
  return status == napi_ok;
}

static void report_answers(uv_async_t *wake) {
  struct asker *asker = wake->data;
  for (bool alive = true; alive;) {
    uv_mutex_lock(&lock);
    struct lookup *lookup = TAILQ_FIRST(&asker->answers);
    if (lookup != NULL) {
      TAILQ_REMOVE(&asker->answers, lookup, in_line);
      settle(asker, lookup);
    }
    uv_mutex_unlock(&lock);
    if (lookup == NULL) return;
    napi_handle_scope scope;
    alive = napi_open_handle_scope(asker->env, &scope) == napi_ok;
    if (alive) {
      alive = call_answered(asker, lookup);
      napi_close_handle_scope(asker->env, scope);
    }
    free_lookup(lookup);
  }
}

static void free_asker(uv_handle_t *handle) {
  struct asker *asker = handle->data;
  napi_async_cleanup_hook_handle cleanup = asker->cleanup;
  if (asker->answered != NULL) napi_delete_reference(asker->env, asker->answered);
  free(asker);
  napi_remove_async_cleanup_hook(cleanup);
}

/* The JavaScript thread ends. Lookups under way continue, and their answers are discarded. */
static void end_asker(napi_async_cleanup_hook_handle cleanup, void *data) {
  struct asker *asker = data;
  asker->cleanup = cleanup;
  uv_mutex_lock(&lock);
  struct lookup *lookup;
  while ((lookup = TAILQ_FIRST(&asker->asked)) != NULL) drop(asker, lookup);
  uv_mutex_unlock(&lock);
  uv_close((uv_handle_t *)&asker->wake, free_asker);
}

/* ask(name, family, id): the lookup, for `cancel`; or -errno. */
static napi_value js_ask(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value argv[3], result;
  void *data = NULL;
  char name[NAME_BYTES_MAX];
  size_t length = 0;
  if (napi_get_cb_info(env, info, &count, argv, NULL, &data) != napi_ok) return NULL;
  struct asker *asker = data;
  /* getaddrinfo would stop at a NUL and look up another name. */
  if (napi_get_value_string_utf8(env, argv[0], name, sizeof name, &length) != napi_ok ||
      length + 1 == sizeof name || memchr(name, '\0', length) != NULL)
    return int_result(env, -EINVAL);
  int family = int_argument(env, argv[1]);
  struct lookup *lookup = calloc(1, sizeof *lookup + length + 1);
  if (lookup == NULL) return int_result(env, -ENOMEM);
  memcpy(lookup->name, name, length + 1);
  lookup->family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
  lookup->id = int_argument(env, argv[2]);
  lookup->asker = asker;
  if (napi_create_external(env, lookup, NULL, NULL, &result) != napi_ok) {
    free(lookup);
    return int_result(env, -ENOMEM);
  }
  uv_mutex_lock(&lock);
  TAILQ_INSERT_TAIL(&queue, lookup, in_line);
  TAILQ_INSERT_TAIL(&asker->asked, lookup, of_asker);
  if (asker->outstanding++ == 0) uv_ref((uv_handle_t *)&asker->wake);
  bool started = start_thread();
  if (!started) drop(asker, lookup);
  uv_mutex_unlock(&lock);
  return started ? result : int_result(env, -EAGAIN);
}

/* cancel(lookup): discards a lookup. Call it only before the lookup is answered. */
static napi_value js_cancel(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argv[1];
  void *data = NULL, *lookup = NULL;
  if (napi_get_cb_info(env, info, &count, argv, NULL, &data) == napi_ok &&
      napi_get_value_external(env, argv[0], &lookup) == napi_ok) {
    uv_mutex_lock(&lock);
    drop(data, lookup);
    uv_mutex_unlock(&lock);
  }
  return NULL;
}

/*
 * openLookups(answered): { ask, cancel } for this thread, to be called once. `answered(id, addresses, code, errno)`
 * is called for each lookup that was not cancelled.
 */
napi_value js_open_lookups(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argv[1], result, ask, cancel;
  uv_loop_t *uv;
  uv_once(&once, set_up);
  struct asker *asker = calloc(1, sizeof *asker);
  if (asker == NULL || napi_get_cb_info(env, info, &count, argv, NULL, NULL) != napi_ok ||
      napi_get_uv_event_loop(env, &uv) != napi_ok || uv_async_init(uv, &asker->wake, report_answers) != 0) {
    free(asker);
    napi_throw_error(env, "ERR_LOOKUPS", "look-ups cannot be set up");
    return NULL;
  }
  asker->env = env;
  asker->wake.data = asker;
  uv_unref((uv_handle_t *)&asker->wake);
  TAILQ_INIT(&asker->asked);
  TAILQ_INIT(&asker->answers);
  /* From here on the cleanup hook frees everything, whatever fails. */
  if (napi_add_async_cleanup_hook(env, end_asker, asker, &asker->cleanup) != napi_ok ||
      napi_create_reference(env, argv[0], 1, &asker->answered) != napi_ok ||
      napi_create_object(env, &result) != napi_ok ||
      napi_create_function(env, "ask", NAPI_AUTO_LENGTH, js_ask, asker, &ask) != napi_ok ||
      napi_create_function(env, "cancel", NAPI_AUTO_LENGTH, js_cancel, asker, &cancel) != napi_ok ||
      napi_set_named_property(env, result, "ask", ask) != napi_ok ||
      napi_set_named_property(env, result, "cancel", cancel) != napi_ok) {
    napi_throw_error(env, "ERR_LOOKUPS", "look-ups cannot be set up");
    return NULL;
  }
  return result;
}
