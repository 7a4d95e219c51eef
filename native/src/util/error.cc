#include "error.h"

#include <uv.h>

#include <string>

namespace tsrpcgen {

void ThrowSystemError(Napi::Env env, int error_number, const char* syscall) {
  const int code = uv_translate_sys_error(error_number);
  const std::string name = uv_err_name(code);
  Napi::Error error = Napi::Error::New(env, name + ": " + uv_strerror(code) + ", " + syscall);
  error.Set("code", Napi::String::New(env, name));
  error.Set("errno", Napi::Number::New(env, code));
  error.Set("syscall", Napi::String::New(env, syscall));
  error.ThrowAsJavaScriptException();
}

}  // namespace tsrpcgen
