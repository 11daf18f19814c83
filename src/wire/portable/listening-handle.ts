/**
 * The handle behind a `net.Server`, and a way to leave clients in the kernel's queue.
 *
 * Node cannot stop accepting and keep the address: `server.close()` resets the clients in the queue and releases the
 * address. Its handle can stop, as a socket's can (`readStop`), once it considers itself readable. It does after
 * `open` with its own descriptor, between bind and listen. None of this is documented. It works on Node 20, 22, 24 and
 * 26, for TCP and for Unix sockets. If any of it is missing, `canShut` is false, and the handle is left alone.
 */
import type net from "node:net";

/** The part of Node's own handle that is used here. */
interface NodeHandle {
  readonly fd: number;
  open(descriptor: number): number | undefined;
  readStart(): number;
  readStop(): number;
}

/** The longest timer that Node supports. */
const forEverMs = 0x7fffffff;

export class ListeningHandle {
  #handle: NodeHandle | undefined;
  #canShut = false;
  #keepAlive: NodeJS.Timeout | undefined;
  #holds = true;

  /** Create it before `server.listen` is called. */
  constructor(server: net.Server) {
    // Node sets this property when the socket is bound and does not listen yet. `open` is possible only then.
    Object.defineProperty(server, "_handle", {
      configurable: true,
      get: () => null,
      set: (handle: unknown) => {
        Object.defineProperty(server, "_handle", { configurable: true, writable: true, value: handle });
        if (isNodeHandle(handle)) this.#prepare(handle);
      },
    });
  }

  /** The file descriptor, once the server is bound. */
  get descriptor(): number | undefined {
    return this.#handle?.fd;
  }

  /** Whether `shut` is possible. */
  get canShut(): boolean {
    return this.#canShut;
  }

  /** Leaves clients in the kernel's queue. */
  shut(): void {
    if (!this.#canShut || this.#keepAlive !== undefined) return;
    // A handle can stop reading only after it has started.
    this.#handle?.readStart();
    this.#handle?.readStop();
    // A listening handle keeps the process alive, but not while it is shut.
    this.#keepAlive = setTimeout(() => {}, forEverMs);
    this.holdProcess(this.#holds);
  }

  /** Sets whether a handle that is shut keeps the process alive. Default: it does. */
  holdProcess(holds: boolean): void {
    this.#holds = holds;
    if (holds) this.#keepAlive?.ref();
    else this.#keepAlive?.unref();
  }

  /** Accepts again, beginning with the clients in the queue. */
  open(): void {
    if (this.#keepAlive === undefined) return;
    this.release();
    this.#handle?.readStart();
  }

  /** Call it before the server is closed, so that the process can end. */
  release(): void {
    clearTimeout(this.#keepAlive);
    this.#keepAlive = undefined;
  }

  #prepare(handle: NodeHandle): void {
    this.#handle = handle;
    // On success some handles return nothing, others 0.
    this.#canShut = (handle.open(handle.fd) ?? 0) === 0;
  }
}

function isNodeHandle(handle: unknown): handle is NodeHandle {
  if (typeof handle !== "object" || handle === null) return false;
  const { fd, open, readStart, readStop } = handle as Partial<NodeHandle>;
  return (
    typeof fd === "number" && fd >= 0 && [open, readStart, readStop].every((one) => typeof one === "function")
  );
}
