/*
 * The file of a listening Unix socket, and its removal.
 *
 * The file is identified by device and inode, because another program may have replaced it at the same path. The open
 * socket holds the inode, so the number is not reused before the socket is closed. The path is absolute, because the
 * working directory may change.
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

/* Whether there is a socket at this path. Uses statx: lstat needs a newer C library than the package requires. */
static bool find_socket(const char *path, struct statx *found) {
  return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO, found) == 0 && S_ISSOCK(found->stx_mode);
}

/* The file at `path`, which has just been bound; NULL if memory is lacking or it is not a socket. Then nothing is
 * removed. */
struct socket_file *note_socket_file(const char *path) {
  char absolute[PATH_MAX];
  struct statx found;
  /* The last part of the path is the new socket itself, so realpath follows no link there. */
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

/* Removes the file if it is still the same one. Call it before closing the socket. */
void remove_socket_file(struct socket_file *file) {
  struct statx found;
  if (file == NULL) return;
  if (find_socket(file->path, &found) && found.stx_dev_major == file->device_major &&
      found.stx_dev_minor == file->device_minor && found.stx_ino == file->inode)
    unlink(file->path);
  free(file);
}
