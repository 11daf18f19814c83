/**
 * Errors for invalid command lines, and for files that cannot be used.
 */

/** An invalid command line; its message is one line. */
export class UsageError extends Error {
  static {
    this.prototype.name = "UsageError";
  }
}

/** Runs `read`, and turns the library's TypeError for an invalid argument into a UsageError. */
export function asUsage<Value>(read: () => Value, prefix = ""): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(prefix + error.message);
    throw error;
  }
}

/** A file of the command line that cannot be used; its message is one line. */
export class FileError extends Error {
  static {
    this.prototype.name = "FileError";
  }
}
