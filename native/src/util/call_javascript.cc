#include "call_javascript.h"

namespace tsrpcgen {
namespace {

/// Where the environment is ending (a worker that is terminated) no JavaScript runs: every call refuses. That is no
/// error, and node-addon-api's own calls would end the process for it.
bool CanCall(napi_env env, napi_value receiver) {
  napi_value name = nullptr;
  bool found = false;
  return napi_create_string_utf8(env, "", 0, &name) == napi_ok &&
         napi_has_property(env, receiver, name, &found) == napi_ok;
}

void Report(napi_env env, napi_value receiver) {
  bool pending = false;
  napi_value error = nullptr;
  if (napi_is_exception_pending(env, &pending) != napi_ok || !pending) return;
  if (napi_get_and_clear_last_exception(env, &error) != napi_ok || !CanCall(env, receiver)) return;
  napi_fatal_exception(env, error);
}

}  // namespace

void CallJavaScript(Napi::Object receiver, Napi::Function function, std::initializer_list<napi_value> arguments) {
  napi_env env = receiver.Env();
  if (!CanCall(env, receiver)) return;
  if (napi_make_callback(env, nullptr, receiver, function, arguments.size(), arguments.begin(), nullptr) != napi_ok)
    Report(env, receiver);
}

void CallJavaScript(Napi::Object receiver, const char* property, std::initializer_list<napi_value> arguments) {
  napi_env env = receiver.Env();
  napi_value function = nullptr;
  if (napi_get_named_property(env, receiver, property, &function) != napi_ok) return Report(env, receiver);
  const Napi::Value value(env, function);
  if (value.IsFunction()) CallJavaScript(receiver, value.As<Napi::Function>(), arguments);
}

}  // namespace tsrpcgen
