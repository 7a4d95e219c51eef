#pragma once

#include <napi.h>

#include <initializer_list>

namespace tsrpcgen {

/// Calls from the loop, where no JavaScript runs: microtasks run after it, and what it throws is an uncaught exception,
/// as it is for any callback of Node.
void CallJavaScript(Napi::Object receiver, Napi::Function function, std::initializer_list<napi_value> arguments);

/// The same with the receiver's property; nothing where that is no function.
void CallJavaScript(Napi::Object receiver, const char* property, std::initializer_list<napi_value> arguments);

}  // namespace tsrpcgen
