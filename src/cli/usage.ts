/**
 * Command lines that cannot be, and files they name that are of no use.
 */

/** A command line that cannot be; its message is one line. */
export class UsageError extends Error {
  static {
    this.prototype.name = "UsageError";
  }
}

/** A caller's mistake, as the library tells it, is the user's here. */
export function asUsage<Value>(read: () => Value, prefix = ""): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(prefix + error.message);
    throw error;
  }
}

/** A file that the command line names and that is of no use; its message is one line. */
export class FileError extends Error {
  static {
    this.prototype.name = "FileError";
  }
}
