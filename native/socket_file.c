/*
 * The file of a listening Unix socket, and its removal.
 *
 * It is known by its device and inode, because another program may have put its own file at the same path since. The
 * socket holds the inode, so the number cannot be given to another file before the socket is closed. The path is
 * absolute: the current folder may be another one by then.
 */
#include "portcall.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct socket_file {
  dev_t device;
  ino_t inode;
  char path[];
};

/* The file at `path`, which has just been bound; NULL if there is no memory, or no socket: then nothing is removed. */
struct socket_file *note_socket_file(const char *path) {
  char absolute[PATH_MAX];
  struct stat found;
  /* The last part of the path is the new socket itself, so no link is followed there. */
  const char *kept = realpath(path, absolute) != NULL ? absolute : path;
  if (lstat(kept, &found) < 0 || !S_ISSOCK(found.st_mode)) return NULL;
  size_t bytes = strlen(kept) + 1;
  struct socket_file *file = malloc(sizeof *file + bytes);
  if (file == NULL) return NULL;
  file->device = found.st_dev;
  file->inode = found.st_ino;
  memcpy(file->path, kept, bytes);
  return file;
}

/* Removes the file if it is still the same one. To be called before the socket is closed. */
void remove_socket_file(struct socket_file *file) {
  struct stat found;
  if (file == NULL) return;
  if (lstat(file->path, &found) == 0 && found.st_dev == file->device && found.st_ino == file->inode)
    unlink(file->path);
  free(file);
}
