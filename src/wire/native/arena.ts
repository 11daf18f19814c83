/**
 * The memory into which the addon reads.
 */
/**
 * Memory that stays where it is. Whoever is handed a view can transfer its buffer away
 * (`structuredClone`, `postMessage`), and with it what others of the batch have yet to be told; but
 * not that of WebAssembly.
 */
export function createArena(arenaBytes: number): ArrayBuffer {
  const pages = arenaBytes / 65_536;
  const { WebAssembly } = globalThis as unknown as {
    readonly WebAssembly: {
      readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
    };
  };
  return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer;
}
