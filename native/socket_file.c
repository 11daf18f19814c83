/*
 * The file of a listening Unix socket, and its removal.
 *
 * It is known by its device and inode, because another program may have put its own file at the same path since. The
 * socket holds the inode, so the number cannot be given to another file before the socket is closed. The path is
 * absolute: the current folder may be another one by then.
 */
#include "portcall.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct socket_file {
  uint32_t device_major, device_minor;
  uint64_t inode;
  char path[];
};

/* Whether a socket is at this path. By statx: lstat asks for a newer C library than the package promises to need. */
static bool find_socket(const char *path, struct statx *found) {
  return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO, found) == 0 && S_ISSOCK(found->stx_mode);
}

/* The file at `path`, which has just been bound; NULL if there is no memory, or no socket: then nothing is removed. */
struct socket_file *note_socket_file(const char *path) {
  char absolute[PATH_MAX];
  struct statx found;
  /* The last part of the path is the new socket itself, so no link is followed there. */
  const char *kept = realpath(path, absolute) != NULL ? absolute : path;
  if (!find_socket(kept, &found)) return NULL;
  size_t bytes = strlen(kept) + 1;
  struct socket_file *file = malloc(sizeof *file + bytes);
  if (file == NULL) return NULL;
  file->device_major = found.stx_dev_major;
  file->device_minor = found.stx_dev_minor;
  file->inode = found.stx_ino;
  memcpy(file->path, kept, bytes);
  return file;
}

/* Removes the file if it is still the same one. To be called before the socket is closed. */
void remove_socket_file(struct socket_file *file) {
  struct statx found;
  if (file == NULL) return;
  if (find_socket(file->path, &found) && found.stx_dev_major == file->device_major &&
      found.stx_dev_minor == file->device_minor && found.stx_ino == file->inode)
    unlink(file->path);
  free(file);
}
