/**
 * The handle behind a `net.Server`: which descriptor it has, and a way to let
 * clients wait.
 *
 * Node offers no way to stop accepting and keep the address: `server.close()`
 * resets whoever waits in the kernel's queue, and gives the address away. Its handle
 * can do it, as a socket's can (`readStop`), once it takes itself for something
 * that can be read; and it does after `open` with the very descriptor that it
 * has, between bind and listen. None of this is documented. It holds on Node 20, 22, 24
 * and 26, for TCP and for Unix sockets; where any of it is missing, the handle
 * says that it cannot be shut, and is left alone.
 */
import type net from "node:net";

/** What Node's own handle has, as far as it is used here. */
interface NodeHandle {
  readonly fd: number;
  open(descriptor: number): number | undefined;
  readStart(): number;
  readStop(): number;
}

/** Who may want clients to wait: the listener's owner, or the watch over failed accepts. */
type Shutter = "owner" | "watch";

/** Longer than any use of it; timers take no more. */
const forEverMs = 0x7fffffff;

export class ListeningHandle {
  #handle: NodeHandle | undefined;
  #canShut = false;
  #keepAlive: NodeJS.Timeout | undefined;
  #holds = true;
  /** Who wants clients to wait; they are let in when nobody does. */
  readonly #shutBy = new Set<Shutter>();

  /** To be made before `server.listen` is called. */
  constructor(server: net.Server) {
    // Node sets this property when the socket is bound and does not listen yet,
    // which is the only time at which `open` is possible.
    Object.defineProperty(server, "_handle", {
      configurable: true,
      get: () => null,
      set: (handle: unknown) => {
        Object.defineProperty(server, "_handle", { configurable: true, writable: true, value: handle });
        if (isNodeHandle(handle)) this.#prepare(handle);
      },
    });
  }

  /** Its file descriptor, where it has one. */
  get descriptor(): number | undefined {
    return this.#handle?.fd;
  }

  /** Whether `shut` is possible. */
  get canShut(): boolean {
    return this.#canShut;
  }

  isShutBy(who: Shutter): boolean {
    return this.#shutBy.has(who);
  }

  /** Leaves clients in the kernel's queue. */
  shut(by: Shutter): void {
    if (!this.#canShut) return;
    this.#shutBy.add(by);
    if (this.#keepAlive !== undefined) return;
    // Only what reads can stop reading.
    this.#handle?.readStart();
    this.#handle?.readStop();
    // A listening handle keeps the process alive, one that is shut does not.
    this.#keepAlive = setTimeout(() => {}, forEverMs);
    this.holdProcess(this.#holds);
  }

  /** Says whether a handle that is shut keeps the process alive, as it does at first. */
  holdProcess(holds: boolean): void {
    this.#holds = holds;
    if (holds) this.#keepAlive?.ref();
    else this.#keepAlive?.unref();
  }

  /** Goes on accepting, those who waited first, unless the other still wants them to wait. */
  open(by: Shutter): void {
    this.#shutBy.delete(by);
    if (this.#keepAlive === undefined || this.#shutBy.size > 0) return;
    this.release();
    this.#handle?.readStart();
  }

  /** To be called before the server is closed: lets the process end. */
  release(): void {
    clearTimeout(this.#keepAlive);
    this.#keepAlive = undefined;
  }

  #prepare(handle: NodeHandle): void {
    this.#handle = handle;
    // Nothing is returned if it went well, by some; by others, 0.
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
