/** Durations and sizes in human-readable form. */

/** `0.4 ms`, `12 ms`, `5.0 s`, `3 min 20 s`. */
export function formatMs(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

/** `1 byte`, `37 bytes`, `1.5 MiB (1572864 bytes)`. */
export function formatBytes(bytes: number): string {
  const exact = `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  if (bytes < 1_048_576) return exact;
  return `${(bytes / 1_048_576).toFixed(1)} MiB (${exact})`;
}

/** A limit in the unit that its name ends in: `60 s`, `16 KiB`, `1024`. */
export function formatLimit(name: string, value: number): string {
  if (name.endsWith("Ms")) return value % 1_000 === 0 ? `${value / 1_000} s` : `${value} ms`;
  if (!name.includes("Bytes")) return String(value);
  return value % 1_048_576 === 0 ? `${value / 1_048_576} MiB` : `${value / 1_024} KiB`;
}
