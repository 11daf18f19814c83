/**
 * Forwards all bytes of a connection to a destination, as fast as it accepts them.
 *
 *     peer ─▶ source.read ─▶ sink.write ─▶ …      FIN ─▶ sink.end      failure ─▶ sink.abort
 */
import { abortSignal, flag } from "../../base/arguments.ts";
import { onAbort } from "../../base/abort.ts";
import { checkOptions } from "../../base/option-checks.ts";
import { sinkOf, type PipeDestination, type Sink } from "./sinks.ts";

/** Options of `pipeTo`. */
export interface PipeOptions {
  /** Leaves the destination open: neither the source's end nor its failure is forwarded. */
  readonly keepOpen?: boolean | undefined;
  /** Stops forwarding; both sides stay open, and no byte is lost. */
  readonly signal?: AbortSignal | undefined;
}

/** The source of a pipe. */
interface Source {
  read(options: { readonly signal: AbortSignal }): Promise<Uint8Array | null>;
}

/** @throws {TypeError} at once, for an invalid destination or option. */
export function pipe(source: Source, destination: PipeDestination, options: PipeOptions): Promise<number> {
  checkOptions("pipeTo", options, { keepOpen: flag, signal: abortSignal });
  return move(source, sinkOf(destination), options);
}

/** Resolves to the number of bytes forwarded, when the destination has accepted the last of them. */
async function move(source: Source, sink: Sink, { keepOpen, signal }: PipeOptions): Promise<number> {
  // Ends the wait for a silent source if the destination fails, or the caller's signal fires.
  const givenUp = new AbortController();
  let failure: { readonly error: unknown } | undefined;
  sink.watch((error) => {
    failure ??= { error };
    givenUp.abort(error);
  });
  const aborted = (): void => {
    givenUp.abort(signal?.reason);
  };
  const stopListening = signal && onAbort(signal, aborted);
  if (signal?.aborted === true) aborted();
  let moved = 0;
  try {
    for (;;) {
      givenUp.signal.throwIfAborted();
      const chunk = await source.read({ signal: givenUp.signal });
      if (chunk === null) break;
      const written = sink.write(chunk);
      await (signal === undefined ? written : unless(signal, written));
      moved += chunk.length;
    }
    if (keepOpen !== true) await sink.end();
    return moved;
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    if (keepOpen !== true && signal?.aborted !== true) sink.abort(error);
    throw error;
  } finally {
    stopListening?.();
    sink.release();
  }
}

/** The work, or a rejection as soon as the signal fires: the work continues, but its result is ignored. */
function unless(signal: AbortSignal, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) aborted();
    work.then(resolve, reject).finally(onAbort(signal, aborted));
  });
}
