#include "call_javascript.h"

namespace tsrpcgen {

void CallJavaScript(Napi::Object receiver, Napi::Function function, std::initializer_list<napi_value> arguments) {
  const Napi::Env env = receiver.Env();
  function.MakeCallback(receiver, arguments);
  if (!env.IsExceptionPending()) return;
  napi_value error = nullptr;
  napi_get_and_clear_last_exception(env, &error);
  napi_fatal_exception(env, error);
}

void CallJavaScript(Napi::Object receiver, const char* property, std::initializer_list<napi_value> arguments) {
  const Napi::Value function = receiver.Get(property);
  if (function.IsFunction()) CallJavaScript(receiver, function.As<Napi::Function>(), arguments);
}

}  // namespace tsrpcgen
