#pragma once

#include <napi.h>

#include <optional>

namespace tsrpcgen {

/// The argument at `index` as a 32-bit integer. Anything else leaves a TypeError pending, with Node's code
/// ERR_INVALID_ARG_TYPE, and yields nothing: a fraction or 2^32 + 3 must not be taken for another descriptor.
std::optional<int> Int32Argument(const Napi::CallbackInfo& info, size_t index, const char* name);

}  // namespace tsrpcgen
