#pragma once

#include <napi.h>

#include <optional>
#include <string>

namespace tsrpcgen {

/// The argument at `index` as a 32-bit integer. Anything else leaves a TypeError pending, with Node's code
/// ERR_INVALID_ARG_TYPE, and yields nothing: a fraction or 2^32 + 3 must not be taken for another descriptor.
std::optional<int> Int32Argument(const Napi::CallbackInfo& info, size_t index, const char* name);

/// The argument at `index` as a string without a NUL, at which C would end it. Fails as `Int32Argument` does.
std::optional<std::string> StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

/// The argument at `index` as a boolean. Fails as `Int32Argument` does.
std::optional<bool> BooleanArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

}  // namespace tsrpcgen
