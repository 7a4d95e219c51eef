#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>

#include "deadline.h"

namespace tsrpcgen {

// Each reads the argument at `index`. One that is not what it has to be leaves a TypeError pending, with Node's code
// ERR_INVALID_ARG_TYPE, and yields nothing: a fraction or 2^32 + 3 must not be taken for another descriptor.

std::optional<int> Int32Argument(const Napi::CallbackInfo& info, size_t index, const char* name);

/// An integer from -(2^53 - 1) to 2^53 - 1: a C `long`, a size or an offset.
std::optional<int64_t> IntegerArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

/// An integer from 0 to 2^53 - 1.
std::optional<size_t> SizeArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

/// A string without a NUL, at which C would end it.
std::optional<std::string> StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

std::optional<bool> BooleanArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

/// Milliseconds of at least 0, or undefined: for ever.
std::optional<Deadline> DeadlineArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

/// The bytes of a Uint8Array, where they lie: valid until JavaScript runs again.
struct Bytes {
  uint8_t* data = nullptr;
  size_t size = 0;
};
std::optional<Bytes> BytesArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

std::optional<Napi::Function> FunctionArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

}  // namespace tsrpcgen
