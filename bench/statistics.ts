/** The statistics that the bench needs. Pure. */

/** A middle value and how far the others are from it. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

/** Median, least and greatest of some values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

export const medianOf = (values: readonly number[]): number => spreadOf(values).median;

/** A median and the interval that holds the true one with a confidence of about 95 %. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A median with its interval. The bounds are values of the sample itself, by rank (the binomial distribution of how
 * many lie below the true median), so no shape of the distribution is assumed and single outliers do not count.
 */
export function estimateOf(values: readonly number[]): Estimate {
  const sorted = ascending(values);
  const rank = Math.max(0, Math.floor(sorted.length / 2 - 0.98 * Math.sqrt(sorted.length)) - 1);
  return {
    median: medianOf(values),
    low: sorted[rank] ?? Number.NaN,
    high: sorted[sorted.length - 1 - rank] ?? Number.NaN,
  };
}
