/*
 * Reads the arguments of a call from JavaScript, and returns a number.
 */
#include "portcall.h"

struct call begin_call(napi_env env, napi_callback_info info) {
  struct call call = {0};
  size_t count = ARGUMENTS_MAX;
  void *data = NULL;
  /* Missing arguments are undefined. */
  napi_get_cb_info(env, info, &count, call.argv, NULL, &data);
  call.loop = data;
  return call;
}

int32_t int_argument(napi_env env, napi_value value) {
  int32_t number = -1;
  /* Only src/wire/native/ calls. A value that is not a number finds no socket. */
  napi_get_value_int32(env, value, &number);
  return number;
}

napi_value int_result(napi_env env, int32_t value) {
  napi_value result = NULL;
  napi_create_int32(env, value, &result);
  return result;
}
