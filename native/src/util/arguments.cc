#include "arguments.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "error.h"

namespace tsrpcgen {
namespace {

constexpr double max_safe_integer = 9007199254740991;

void ThrowInvalidType(Napi::Env env, const std::string& message) {
  Napi::TypeError error = Napi::TypeError::New(env, message);
  error.Set("code", Napi::String::New(env, "ERR_INVALID_ARG_TYPE"));
  Throw(error);
}

/// The range first: converting a double outside of it is undefined.
template <typename Integer>
std::optional<Integer> WholeNumber(Napi::Value value, double min, double max) {
  // It says itself that it is no number: to ask for the type first would cost as much again.
  double number = 0;
  if (napi_get_value_double(value.Env(), value, &number) != napi_ok) return std::nullopt;
  if (!(number >= min && number <= max) || number != std::trunc(number)) return std::nullopt;
  return static_cast<Integer>(number);
}

}  // namespace

std::optional<int> Int32Argument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const auto number = WholeNumber<int>(info[index], INT32_MIN, INT32_MAX);
  if (!number) ThrowInvalidType(info.Env(), std::string(name) + " must be a 32-bit integer");
  return number;
}

std::optional<int64_t> IntegerArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const auto number = WholeNumber<int64_t>(info[index], -max_safe_integer, max_safe_integer);
  if (!number) ThrowInvalidType(info.Env(), std::string(name) + " must be a safe integer");
  return number;
}

std::optional<size_t> SizeArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const auto number = WholeNumber<size_t>(info[index], 0, max_safe_integer);
  if (!number) ThrowInvalidType(info.Env(), std::string(name) + " must be a safe integer of at least 0");
  return number;
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
  bool value = false;
  if (napi_get_value_bool(info.Env(), info[index], &value) == napi_ok) return value;
  ThrowInvalidType(info.Env(), std::string(name) + " must be a boolean");
  return std::nullopt;
}

std::optional<Deadline> DeadlineArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  // Beyond this many milliseconds, 24 days, Node's own timers give up too; it also keeps the sums within 64 bits.
  constexpr double longest = INT32_MAX;
  if (index >= info.Length()) return Deadline::Never();
  const Napi::Value value = info[index];
  if (value.IsUndefined()) return Deadline::Never();
  if (value.IsNumber()) {
    const double milliseconds = value.As<Napi::Number>().DoubleValue();
    if (milliseconds >= 0 && milliseconds <= longest) return Deadline::In(milliseconds);
  }
  ThrowInvalidType(info.Env(), std::string(name) + " must be milliseconds from 0 to 2147483647, or undefined");
  return std::nullopt;
}

std::optional<Bytes> BytesArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  // One call of Node's for what node-addon-api makes four: every read and write pays for it. It refuses what is no
  // typed array.
  napi_typedarray_type type{};
  size_t size = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  if (napi_get_typedarray_info(info.Env(), info[index], &type, &size, &data, &buffer, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    ThrowInvalidType(info.Env(), std::string(name) + " must be a Uint8Array");
    return std::nullopt;
  }
  // Else what was transferred would be sent as nothing.
  bool detached = false;
  if (size == 0 && napi_is_detached_arraybuffer(info.Env(), buffer, &detached) == napi_ok && detached) {
    ThrowInvalidType(info.Env(), std::string(name) + " must not be detached");
    return std::nullopt;
  }
  return Bytes{static_cast<uint8_t*>(data), size};
}

std::optional<Napi::Function> FunctionArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const Napi::Value value = info[index];
  if (value.IsFunction()) return value.As<Napi::Function>();
  ThrowInvalidType(info.Env(), std::string(name) + " must be a function");
  return std::nullopt;
}

}  // namespace tsrpcgen
