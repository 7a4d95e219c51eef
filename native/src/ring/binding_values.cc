#include "binding_values.h"

#include <cerrno>
#include <limits>

#include "../util/error.h"

namespace tsrpcgen {
namespace {

using ring::Outcome;
using ring::Position;
using ring::Status;

/// Lengths are below 2^32, so it is told from them.
constexpr double tell = 8589934592;

}  // namespace

Napi::Value Throw(Napi::Env env, Status status) {
  if (status == Status::Taken) return Fail(env, EBUSY, "ring");
  if (status != Status::Corrupt) return Fail(env, EBADF, "ring");
  // It has a code of its own: no call of the kernel has failed.
  const Napi::Error error = Napi::Error::New(env, "RING_CORRUPT: what is in the shared memory is no ring");
  error.Set("code", Napi::String::New(env, "RING_CORRUPT"));
  tsrpcgen::Throw(error);
  return env.Undefined();
}

Napi::Value ToJavaScript(Napi::Env env, const Outcome& outcome) {
  switch (outcome.status) {
    case Status::Done:
      return Napi::Number::New(env, outcome.length + (outcome.tell ? tell : 0));
    case Status::NotNow:
      return Napi::Number::New(env, not_now);
    case Status::TooLong:
      return Napi::Number::New(env, -2 - static_cast<double>(outcome.length));
    default:
      return Throw(env, outcome.status);
  }
}

std::optional<uint32_t> Uint32Argument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const auto size = SizeArgument(info, index, name);
  if (!size) return std::nullopt;
  if (*size <= std::numeric_limits<uint32_t>::max()) return static_cast<uint32_t>(*size);
  ThrowSystemError(info.Env(), EINVAL, "ring");
  return std::nullopt;
}

std::optional<Position> PositionArgument(const Napi::CallbackInfo& info, size_t index) {
  const auto units = Uint32Argument(info, index, "units");
  if (!units) return std::nullopt;
  const auto records = Uint32Argument(info, index + 1, "records");
  if (!records) return std::nullopt;
  return Position{*units, *records};
}

std::optional<Bytes> RecordArgument(const Napi::CallbackInfo& info, size_t index, const ring::Ring& ring) {
  const auto bytes = BytesArgument(info, index, "bytes");
  if (!bytes) return std::nullopt;
  if (bytes->size <= ring.MaxRecordBytes()) return bytes;
  ThrowSystemError(info.Env(), EMSGSIZE, "ring");
  return std::nullopt;
}

std::optional<Patience> PatienceArgument(const Napi::CallbackInfo& info, size_t index) {
  const auto deadline = DeadlineArgument(info, index, "timeoutMs");
  if (!deadline) return std::nullopt;
  if (info.Length() <= index + 1) return Patience{*deadline, std::chrono::nanoseconds::zero()};
  const auto spin = SizeArgument(info, index + 1, "spinUs");
  if (!spin) return std::nullopt;
  return Patience{*deadline, std::chrono::microseconds(*spin)};
}

}  // namespace tsrpcgen
