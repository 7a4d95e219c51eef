#include "arguments.h"

#include <cstdint>
#include <string>

namespace tsrpcgen {

std::optional<int> Int32Argument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    // The range first: converting a double outside of it is undefined.
    if (number >= INT32_MIN && number <= INT32_MAX && number == static_cast<int>(number))
      return static_cast<int>(number);
  }
  Napi::TypeError error = Napi::TypeError::New(info.Env(), std::string(name) + " must be a 32-bit integer");
  error.Set("code", Napi::String::New(info.Env(), "ERR_INVALID_ARG_TYPE"));
  error.ThrowAsJavaScriptException();
  return std::nullopt;
}

}  // namespace tsrpcgen
