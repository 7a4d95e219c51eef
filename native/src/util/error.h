#pragma once

#include <napi.h>

namespace tsrpcgen {

/// Leaves a JavaScript error pending, shaped as Node's own system errors are: `code` ("EBADF"), `errno` (negative, as
/// libuv has it), `syscall`. The caller returns at once: with C++ exceptions off nothing unwinds.
void ThrowSystemError(Napi::Env env, int error_number, const char* syscall);

}  // namespace tsrpcgen
