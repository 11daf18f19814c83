/** A queue that counts the work of its reader. */
import { ByteQueue } from "../../src/base/byte-queue.ts";

/** Counts bytes examined, and calls; a byte examined twice counts twice. */
export class WatchedQueue extends ByteQueue {
  bytesLookedAt = 0;
  calls = 0;

  override at(offset: number): number {
    this.calls++;
    this.bytesLookedAt++;
    return super.at(offset);
  }

  override indexOf(byte: number, from = 0): number {
    const found = super.indexOf(byte, from);
    this.calls++;
    this.bytesLookedAt += Math.max(0, (found === -1 ? this.length : found + 1) - from);
    return found;
  }

  override peek(count: number): Uint8Array {
    this.calls++;
    this.bytesLookedAt += count;
    return super.peek(count);
  }

  override takeText(count: number): string {
    this.calls++;
    this.bytesLookedAt += count;
    return super.takeText(count);
  }
}
