/*
 * The records of a batch, written here and read by JavaScript.
 */
#include "portcall.h"

void push_record(struct loop *loop, enum record_kind kind, int32_t id, int32_t a, int32_t b) {
  int32_t *record = loop->records + loop->records_count++ * RECORD_INTS;
  record[0] = (int32_t)kind;
  record[1] = id;
  record[2] = a;
  record[3] = b;
}

/* A socket has at most two records at a time. A change of interest that failed adds one. */
bool has_room(const struct loop *loop) {
  return loop->records_count + 3 <= RECORDS_MAX;
}
