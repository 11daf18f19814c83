/*
 * A log-linear histogram of durations: 64 steps to each power of two, so a value
 * read from it is at most 1.6 % too low. Fixed size, no allocation, one increment
 * a value.
 *
 *   value     0 … 127   128 … 255   256 … 511   …
 *   step            1           2           4   …
 */
#include <stdint.h>
#include <string.h>

enum { HISTOGRAM_BUCKETS = 59 * 64 };

struct histogram {
  uint64_t counts[HISTOGRAM_BUCKETS];
  uint64_t total;
  uint64_t max;
};

static void histogram_clear(struct histogram *histogram) {
  memset(histogram, 0, sizeof *histogram);
}

static void histogram_record(struct histogram *histogram, uint64_t value) {
  int shift = 57 - __builtin_clzll(value | 64);
  histogram->counts[shift * 64 + (value >> shift)]++;
  histogram->total++;
  if (value > histogram->max) histogram->max = value;
}

/* The lowest value of the bucket in which the given share (0.99) is reached. */
static uint64_t histogram_percentile(const struct histogram *histogram, double share) {
  uint64_t wanted = (uint64_t)(share * (double)histogram->total);
  uint64_t seen = 0;
  for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    seen += histogram->counts[bucket];
    if (seen > wanted) {
      int shift = bucket < 128 ? 0 : bucket / 64 - 1;
      return (uint64_t)(bucket - shift * 64) << shift;
    }
  }
  return histogram->max;
}
