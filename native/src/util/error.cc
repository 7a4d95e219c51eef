#include "error.h"

#include <uv.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace tsrpcgen {
namespace {

/// The names that libuv has no use for: it calls them "Unknown system error".
const char* NameOf(int error_number, int code) {
  switch (error_number) {
    case EDEADLK:
      return "EDEADLK";
    case EDOM:
      return "EDOM";
    case EDQUOT:
      return "EDQUOT";
    case EIDRM:
      return "EIDRM";
    case EINPROGRESS:
      return "EINPROGRESS";
    case ENETRESET:
      return "ENETRESET";
    case ENOLCK:
      return "ENOLCK";
    case ENOMSG:
      return "ENOMSG";
    case ENOTRECOVERABLE:
      return "ENOTRECOVERABLE";
    case EOWNERDEAD:
      return "EOWNERDEAD";
    case ESTALE:
      return "ESTALE";
    case ETOOMANYREFS:
      return "ETOOMANYREFS";
    default:
      return uv_err_name(code);
  }
}

}  // namespace

Napi::Error SystemError(Napi::Env env, int error_number, const char* syscall) {
  const int code = uv_translate_sys_error(error_number);
  const std::string name = NameOf(error_number, code);
  const std::string text = std::error_code(error_number, std::generic_category()).message();
  Napi::Error error = Napi::Error::New(env, name + ": " + text + ", " + syscall);
  error.Set("code", Napi::String::New(env, name));
  error.Set("errno", Napi::Number::New(env, code));
  error.Set("syscall", Napi::String::New(env, syscall));
  return error;
}

void Throw(const Napi::Error& error) {
  if (!error.Env().IsExceptionPending()) error.ThrowAsJavaScriptException();
}

void ThrowSystemError(Napi::Env env, int error_number, const char* syscall) {
  if (env.IsExceptionPending()) return;
  Throw(SystemError(env, error_number, syscall));
}

Napi::Value Fail(Napi::Env env, int error_number, const char* syscall) {
  ThrowSystemError(env, error_number, syscall);
  return env.Undefined();
}

}  // namespace tsrpcgen
