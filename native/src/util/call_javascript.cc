#include "call_javascript.h"

namespace tsrpcgen {

// Node's own calls: of a worker that is being terminated each of them may fail, and that is nobody's error.
void CallJavaScript(Napi::Object receiver, Napi::Function function, std::initializer_list<napi_value> arguments) {
  napi_env env = receiver.Env();
  napi_make_callback(env, nullptr, receiver, function, arguments.size(), arguments.begin(), nullptr);
  bool thrown = false;
  napi_is_exception_pending(env, &thrown);
  if (!thrown) return;
  napi_value error = nullptr;
  if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

void CallJavaScript(Napi::Object receiver, const char* property, std::initializer_list<napi_value> arguments) {
  napi_env env = receiver.Env();
  napi_value function = nullptr;
  if (napi_get_named_property(env, receiver, property, &function) != napi_ok) return;
  if (Napi::Value(env, function).IsFunction()) CallJavaScript(receiver, Napi::Function(env, function), arguments);
}

}  // namespace tsrpcgen
