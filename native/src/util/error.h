#pragma once

#include <napi.h>

namespace tsrpcgen {

/// A JavaScript error shaped as Node's own system errors are: `code` ("EBADF"), `errno` (negative, as libuv has it),
/// `syscall`.
Napi::Error SystemError(Napi::Env env, int error_number, const char* syscall);

/// Leaves a `SystemError` pending. The caller returns at once: with C++ exceptions off nothing unwinds.
void ThrowSystemError(Napi::Env env, int error_number, const char* syscall);

/// Leaves the error pending, unless another is already: a getter of JavaScript's may have thrown, and node-addon-api
/// ends the process where a second error is thrown.
void Throw(const Napi::Error& error);

/// `ThrowSystemError`, as what a function of the addon returns.
Napi::Value Fail(Napi::Env env, int error_number, const char* syscall);

}  // namespace tsrpcgen
