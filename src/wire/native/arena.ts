/**
 * The memory into which the addon reads.
 *
 * It stays where it is. The receiver of a view can transfer its buffer away (`structuredClone`,
 * `postMessage`), and with it bytes of the batch that others have yet to read; but not the
 * buffer of a WebAssembly memory.
 */

/** @throws {Error} if there is no room for it. V8 reserves some gigabytes of addresses for each such memory. */
export function createArena(arenaBytes: number): ArrayBuffer {
  const pages = arenaBytes / 65_536;
  const { WebAssembly } = globalThis as unknown as {
    readonly WebAssembly: {
      readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
    };
  };
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
  } catch (error) {
    throw new Error("there are too few addresses for its memory (ulimit -v)", { cause: error });
  }
}
