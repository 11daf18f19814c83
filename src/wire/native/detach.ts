/**
 * Takes a stream out of the addon's loop, and hands it to Node.
 *
 * A receive of io_uring may still deliver bytes while it is being cancelled. They are collected, and the descriptor is
 * handed over when no request refers to it. Records of the current batch are awaited on every engine.
 */
import type net from "node:net";
import { onAbort } from "../../base/abort.ts";
import { adoptSocket } from "../shared/adopt-socket.ts";
import { errnoName } from "../shared/errno-name.ts";
import { systemCode } from "../shared/system-code.ts";
import { WireError } from "../wire-error.ts";
import type { NativeLoop, StreamReceiver } from "./native-loop.ts";
import { record } from "./records.ts";
import { systemError } from "./system-errors.ts";

/**
 * Replaces the receiver of that socket. All sends must have been performed.
 *
 * @throws {WireError} (rejects) if the connection fails meanwhile; `signal.reason` if aborted. It is closed then.
 */
export function detachStream(
  loop: NativeLoop,
  id: number,
  signal: AbortSignal | undefined,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const detaching = new Detaching(loop, id, resolve, reject);
    loop.register(detaching);
    if (signal !== undefined) detaching.closeOn(signal);
    // Microtasks run when all records of the current batch have been handled.
    queueMicrotask(() => {
      detaching.proceed();
    });
  });
}

class Detaching implements StreamReceiver {
  readonly id: number;
  readonly #loop: NativeLoop;
  readonly #detached: (socket: net.Socket) => void;
  readonly #failed: (error: unknown) => void;
  #stopListening: (() => void) | undefined;
  readonly #unread: Uint8Array[] = [];
  #over = false;

  constructor(
    loop: NativeLoop,
    id: number,
    detached: (socket: net.Socket) => void,
    failed: (error: unknown) => void,
  ) {
    this.#loop = loop;
    this.id = id;
    this.#detached = detached;
    this.#failed = failed;
  }

  closeOn(signal: AbortSignal): void {
    this.#stopListening = onAbort(signal, () => {
      this.#fail(signal.reason);
    });
  }

  proceed(): void {
    if (this.#over) return;
    const fd = this.#loop.calls.detach(this.id);
    if (fd >= 0) this.#adopt(fd);
    else if (errnoName(fd) !== "EINPROGRESS") this.#fail(systemError(fd, "receive"));
  }

  read(view: Uint8Array): void {
    this.#unread.push(new Uint8Array(view));
  }

  handle(kind: number, errno: number): void {
    // The kernel reports an end of stream to each read, but a failure only once.
    if (kind === record.failed) this.#fail(systemError(errno, "receive"));
    else if (kind === record.detachable) this.proceed();
  }

  /** Nothing was deferred. */
  unsent(): void {}

  #adopt(fd: number): void {
    this.#over = true;
    this.#stopListening?.();
    this.#loop.forget(this);
    try {
      this.#detached(adoptSocket(fd, this.#unread));
    } catch (error) {
      this.#failed(new WireError(systemCode(error), "receive", error));
    }
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopListening?.();
    // Bytes that were received and never delivered count as unread.
    this.#loop.close(this, this.#unread.length > 0);
    this.#failed(error);
  }
}
