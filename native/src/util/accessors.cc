#include "accessors.h"

namespace tsrpcgen {

void MakeAccessors(const Napi::Function& constructor, std::initializer_list<const char*> names) {
  // Where the worker is being terminated any of these is nothing, and belongs to no environment: node-addon-api ends
  // the process for what is asked of it.
  if (constructor.IsEmpty()) return;
  const Napi::Env env = constructor.Env();
  const auto prototype = constructor.Get("prototype").As<Napi::Object>();
  const auto object = env.Global().Get("Object").As<Napi::Object>();
  if (prototype.IsEmpty() || object.IsEmpty()) return;
  const auto define = object.Get("defineProperty").As<Napi::Function>();
  if (define.IsEmpty()) return;
  for (const char* name : names) {
    Napi::Object property = Napi::Object::New(env);
    property.Set("get", prototype.Get(name));
    define.Call({prototype, Napi::String::New(env, name), property});
  }
}

}  // namespace tsrpcgen
