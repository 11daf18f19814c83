/**
 * The memory into which the addon reads.
 *
 * It cannot be transferred away. The receiver of a view can transfer an ordinary buffer (`structuredClone`,
 * `postMessage`), and with it bytes of the batch that other receivers still need. The buffer of a WebAssembly memory
 * is not transferable.
 */

/** @throws {Error} if there is no room for it. V8 reserves some gigabytes of address space for each such memory. */
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
