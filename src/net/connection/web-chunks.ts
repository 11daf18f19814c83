/** Chunks of web streams, and how a byte stream delivers them. */
import type { ReadableByteStreamController } from "node:stream/web";

/** What the writable of a connection accepts. */
export type WebChunk = Uint8Array | ArrayBufferView | ArrayBuffer | string;

/** Closes a byte stream at the end of the input. */
export function finish(controller: ReadableByteStreamController): void {
  controller.close();
  // A reader with its own buffer gets it back.
  controller.byobRequest?.respond(0);
}

/** Hands a chunk to the reader of a byte stream. */
export function deliver(controller: ReadableByteStreamController, chunk: Uint8Array): void {
  // The reader may have left while the read was in progress, and with it its buffer.
  const request = controller.byobRequest;
  const view = request?.view;
  if (request && view && view.byteLength >= chunk.length) {
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(chunk);
    request.respond(chunk.length);
    return;
  }
  // The stream transfers the buffer away, so it must hold nothing else.
  const isAlone = chunk.length === chunk.buffer.byteLength;
  controller.enqueue(isAlone ? chunk : new Uint8Array(chunk));
}

/** The bytes of a chunk. A string stays one, and what is no data too: the write refuses it. */
export function bytesOf(chunk: WebChunk): Uint8Array | string {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (!ArrayBuffer.isView(chunk) || chunk instanceof Uint8Array) return chunk;
  return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** What a chunk counts for the backpressure of a writable. */
export function sizeOf(chunk: WebChunk | undefined): number {
  if (typeof chunk === "string") return chunk.length;
  return chunk?.byteLength ?? 1;
}
