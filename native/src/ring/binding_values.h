#pragma once

#include <napi.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "../util/arguments.h"
#include "../util/deadline.h"
#include "ring.h"

// Arguments and results of RingHandle: see binding.h.

namespace tsrpcgen {

constexpr double not_now = -1;

/// For a status that is an error.
Napi::Value Throw(Napi::Env env, ring::Status status);
Napi::Value ToJavaScript(Napi::Env env, const ring::Outcome& outcome);

/// An integer below 2^32.
std::optional<uint32_t> Uint32Argument(const Napi::CallbackInfo& info, size_t index, const char* name);

/// A ticket's two numbers.
std::optional<ring::Position> PositionArgument(const Napi::CallbackInfo& info, size_t index);

/// The argument of a push, where it is a record that fits.
std::optional<Bytes> RecordArgument(const Napi::CallbackInfo& info, size_t index, const ring::Ring& ring);

struct Patience {
  Deadline deadline;
  std::chrono::nanoseconds spin;
};

/// Two arguments: timeoutMs, spinUs; of the second none: 0.
std::optional<Patience> PatienceArgument(const Napi::CallbackInfo& info, size_t index);

}  // namespace tsrpcgen
