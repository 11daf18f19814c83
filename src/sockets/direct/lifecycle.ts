/** `opened`, `closed` and `close()`, which the three sockets of the Direct Sockets API have in common. */
import { invalidState } from "./network-error.ts";

/** A stream of a socket. */
interface Lockable {
  readonly locked: boolean;
}

export class Lifecycle<Info> {
  readonly opened: Promise<Info>;
  readonly closed: Promise<undefined>;
  #resolveOpened!: (info: Info) => void;
  #rejectOpened!: (error: unknown) => void;
  #resolveClosed!: (nothing: undefined) => void;
  #rejectClosed!: (error: unknown) => void;
  #state: "opening" | "open" | "failed" | "closed" = "opening";

  constructor() {
    this.opened = new Promise((resolve, reject) => {
      this.#resolveOpened = resolve;
      this.#rejectOpened = reject;
    });
    this.closed = new Promise((resolve, reject) => {
      this.#resolveClosed = resolve;
      this.#rejectClosed = reject;
    });
    // A program may use one of them alone.
    this.opened.catch(() => undefined);
    this.closed.catch(() => undefined);
  }

  hasOpened(info: Info): void {
    this.#state = "open";
    this.#resolveOpened(info);
  }

  hasFailed(error: unknown): void {
    this.#state = "failed";
    this.#rejectOpened(error);
    this.#rejectClosed(error);
  }

  hasClosed(error: unknown): void {
    this.#state = "closed";
    if (error === undefined) this.#resolveClosed(undefined);
    else this.#rejectClosed(error);
  }

  /** Calls `end`, which ends the streams, unless the socket cannot be closed now. */
  close(streams: readonly Lockable[], end: () => void): Promise<undefined> {
    if (this.#state === "opening" || this.#state === "failed") {
      return Promise.reject(invalidState("close: the socket is not open"));
    }
    if (this.#state === "closed") return this.closed;
    if (streams.some(({ locked }) => locked)) {
      return Promise.reject(invalidState("close: a stream of the socket is locked; release its lock first"));
    }
    end();
    return this.closed;
  }
}

/** Two streams of one socket: it is over when both are. */
export class BothOver {
  readonly #over = new Map<"readable" | "writable", unknown>();
  readonly #finished: (error: unknown) => void;

  /** @param finished gets the error of one that failed, that of `writable` if both have. */
  constructor(finished: (error: unknown) => void) {
    this.#finished = finished;
  }

  add(which: "readable" | "writable", error: unknown): void {
    if (this.#over.has(which)) return;
    this.#over.set(which, error);
    if (this.#over.size === 2) this.#finished(this.#over.get("writable") ?? this.#over.get("readable"));
  }
}
