/**
 * Where a connection may be piped to, all in one shape: another connection, a stream of
 * Node's, or one of the web's.
 */
import { shown } from "../../base/arguments.ts";
import { NetError } from "../../base/errors.ts";
import type { CloseInfo } from "../../base/events.ts";
import { handled } from "./message-reader.ts";

/** What a sink has in common with a connection, so that every connection is one. */
export interface ConnectionSink {
  readonly closed: Promise<CloseInfo>;
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  abort(): Promise<CloseInfo>;
}

/** A `WritableStream` of the web. */
export interface WebSink {
  getWriter(): {
    readonly closed: Promise<unknown>;
    write(bytes: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(reason: unknown): Promise<void>;
    releaseLock(): void;
  };
}

/** Where `pipeTo` leads: a connection, a Node `Writable` or a web `WritableStream`. */
export type PipeDestination = ConnectionSink | NodeJS.WritableStream | WebSink;

/** A destination as whoever pipes sees it. */
export interface Sink {
  /** Calls `failed`, once, if it fails or is closed before `release`. */
  watch(failed: (error: unknown) => void): void;
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Says that this was all; resolves when that has been said. */
  end(): Promise<void>;
  /** Says that more was to come. */
  abort(error: unknown): void;
  /** Lets go of it. */
  release(): void;
}

/** @throws {TypeError} for what bytes cannot be written to. */
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

/** What Node's own streams have beyond the interface that all of them share. */
type Stream = NodeJS.WritableStream & {
  readonly fd?: number;
  readonly destroyed?: boolean;
  readonly errored?: Error | null;
  destroy?(error?: Error): void;
};

function nodeSink(stream: Stream): Sink {
  // Others write to standard output and error too, so that neither is ended, as Node's `pipe` does not.
  const isShared = stream.fd === 1 || stream.fd === 2;
  const whyDestroyed = (): Error => stream.errored ?? closedError("the stream was closed");
  let release = ignore;

  /** Calls `failed` when the stream fails or is closed; returns how to call that off. */
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

  /** Waits for what `ask` asks for, or for the failure that comes instead. */
  function orFailure(ask: (done: (error?: Error | null) => void) => void): Promise<void> {
    let settled = ignore;
    return new Promise<void>((resolve, reject) => {
      settled = onFailure(reject);
      // A stream that fails in its last step says so here, before its event does.
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
      // It says so to everybody once more; whoever pipes has been told already.
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
  // Nothing to do, or nobody to tell.
}

function closedError(happened: string): NetError {
  return new NetError({ code: "ERR_CLOSED", stage: "send", happened });
}
