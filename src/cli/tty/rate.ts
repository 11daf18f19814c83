/**
 * Rates in text form.
 */

const unitBytes: Readonly<Record<string, number>> = {
  "": 1,
  k: 1_000,
  m: 1_000_000,
  ki: 1_024,
  mi: 1_048_576,
};

/**
 * Parses `10B/s`, `4KiB/s`, `1.5MB/s` or a plain number as bytes per second; `undefined` if it is no rate above 0.
 */
export function parseRate(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(|k|m|ki|mi)(?:b(?:ytes)?)?(?:\/s)?$/i.exec(text);
  const rate = match === null ? 0 : Number(match[1]) * (unitBytes[(match[2] as string).toLowerCase()] ?? 0);
  return rate > 0 ? rate : undefined;
}

/** `10 B/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${bytesPerSecond} B/s`;
}
