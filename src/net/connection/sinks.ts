/** Destinations of a pipe, behind one interface: a connection, a Node stream or a web stream. */
import { shown } from "../../base/arguments.ts";
import { NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import { handled } from "./message-reader.ts";

/** The part of a connection that a pipe needs. */
export interface ConnectionSink {
  /** Resolves when it has closed. */
  readonly closed: Promise<CloseInfo>;
  /** Sends bytes; resolves when more can be sent. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the sending side after everything written. */
  end(): Promise<void>;
  /** Closes at once, because the source failed. */
  abort(): Promise<CloseInfo>;
}

/** A web `WritableStream`. */
export interface WebSink {
  /** Locks the stream for a writer, as `WritableStream` defines it. */
  getWriter(): {
    readonly closed: Promise<unknown>;
    write(bytes: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(reason: unknown): Promise<void>;
    releaseLock(): void;
  };
}

/** A destination of `pipeTo`: a connection, a Node `Writable` or a web `WritableStream`. */
export type PipeDestination = ConnectionSink | NodeJS.WritableStream | WebSink;

/** A destination, as the pipe uses it. */
export interface Sink {
  /** Calls `failed` once if the destination fails or is closed before `release`. */
  watch(failed: (error: unknown) => void): void;
  /** Resolves when the destination accepts more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the destination in good order; resolves when that is done. */
  end(): Promise<void>;
  /** Aborts the destination, because the source failed. */
  abort(error: unknown): void;
  /** Releases the destination. */
  release(): void;
}

/** @throws {TypeError} if bytes cannot be written to it. */
export function sinkOf(destination: PipeDestination): Sink {
  const candidate = destination as
    | Partial<ConnectionSink & NodeJS.WritableStream & WebSink>
    | null
    | undefined;
  if (typeof candidate?.getWriter === "function") return webSink(destination as WebSink);
  if (typeof candidate?.write === "function") {
    if (typeof candidate.on === "function") return nodeSink(destination as NodeJS.WritableStream);
    if (typeof candidate.closed?.then === "function") return connectionSink(destination as ConnectionSink);
  }
  throw new TypeError(
    `pipeTo: destination: ${shown(destination)} is neither a connection, a Writable nor a WritableStream`,
  );
}

function connectionSink(connection: ConnectionSink): Sink {
  let released = false;
  return {
    watch(failed) {
      void connection.closed.then(({ error }) => {
        if (!released) failed(error ?? closedError("the connection has ended"));
      });
    },
    write: (bytes) => connection.write(bytes),
    end: () => connection.end(),
    abort() {
      void connection.abort();
    },
    release() {
      released = true;
    },
  };
}

/** Properties of Node's own streams beyond the common interface. */
type Stream = NodeJS.WritableStream & {
  readonly fd?: number;
  readonly destroyed?: boolean;
  readonly errored?: Error | null;
  destroy?(error?: Error): void;
};

function nodeSink(stream: Stream): Sink {
  // Other code also writes to stdout and stderr, so the pipe does not end them, as Node's `pipe` does not.
  const isShared = stream.fd === 1 || stream.fd === 2;
  const whyDestroyed = (): Error => stream.errored ?? closedError("the stream was closed");
  let release = ignore;

  /** Calls `failed` when the stream fails or closes; returns a function that removes the listeners. */
  function onFailure(failed: (error: Error) => void): () => void {
    const closed = (): void => {
      failed(whyDestroyed());
    };
    stream.on("error", failed);
    stream.on("close", closed);
    return () => {
      stream.removeListener("error", failed);
      stream.removeListener("close", closed);
    };
  }

  /** Waits for the callback of `ask`, or for a failure. */
  function orFailure(ask: (done: (error?: Error | null) => void) => void): Promise<void> {
    let settled = ignore;
    return new Promise<void>((resolve, reject) => {
      settled = onFailure(reject);
      // A stream that fails in its last step reports it here, before its event.
      ask((error) => {
        if (error) reject(error);
        else resolve();
      });
    }).finally(() => {
      settled();
    });
  }

  return {
    watch(failed) {
      release = onFailure(failed);
      if (stream.destroyed === true) failed(whyDestroyed());
    },
    write(bytes) {
      if (stream.destroyed === true) return Promise.reject(whyDestroyed());
      if (stream.write(bytes)) return Promise.resolve();
      return orFailure((done) => stream.once("drain", () => done()));
    },
    end() {
      if (isShared) return Promise.resolve();
      return orFailure((done) => void stream.end(done));
    },
    abort(error) {
      if (isShared) return;
      // The stream emits the error once more; the caller of the pipe has it already.
      stream.once("error", ignore);
      stream.destroy?.(error as Error);
    },
    release() {
      release();
    },
  };
}

function webSink(stream: WebSink): Sink {
  const writer = stream.getWriter();
  void handled(writer.closed);
  return {
    watch(failed) {
      writer.closed.catch(failed);
    },
    write: (bytes) => writer.write(bytes),
    end: () => writer.close(),
    abort(error) {
      void handled(writer.abort(error));
    },
    release() {
      writer.releaseLock();
    },
  };
}

function ignore(): void {
  // Nothing to do.
}

function closedError(happened: string): NetError {
  return new NetError({ code: "ERR_CLOSED", stage: "send", happened });
}
