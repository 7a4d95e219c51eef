#include "arguments.h"

#include <cstdint>
#include <string>

namespace tsrpcgen {
namespace {

void ThrowInvalidType(Napi::Env env, const std::string& message) {
  Napi::TypeError error = Napi::TypeError::New(env, message);
  error.Set("code", Napi::String::New(env, "ERR_INVALID_ARG_TYPE"));
  error.ThrowAsJavaScriptException();
}

}  // namespace

std::optional<int> Int32Argument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    // The range first: converting a double outside of it is undefined.
    if (number >= INT32_MIN && number <= INT32_MAX && number == static_cast<int>(number))
      return static_cast<int>(number);
  }
  ThrowInvalidType(info.Env(), std::string(name) + " must be a 32-bit integer");
  return std::nullopt;
}

std::optional<std::string> StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  if (value.IsString()) {
    std::string text = value.As<Napi::String>().Utf8Value();
    if (text.find('\0') == std::string::npos) return text;
  }
  ThrowInvalidType(info.Env(), std::string(name) + " must be a string without NUL");
  return std::nullopt;
}

std::optional<bool> BooleanArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  ThrowInvalidType(info.Env(), std::string(name) + " must be a boolean");
  return std::nullopt;
}

}  // namespace tsrpcgen
