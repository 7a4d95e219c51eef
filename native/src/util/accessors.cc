#include "accessors.h"

namespace tsrpcgen {

void MakeAccessors(const Napi::Function& constructor, std::initializer_list<const char*> names) {
  const Napi::Env env = constructor.Env();
  const auto prototype = constructor.Get("prototype").As<Napi::Object>();
  const auto define = env.Global().Get("Object").As<Napi::Object>().Get("defineProperty").As<Napi::Function>();
  for (const char* name : names) {
    Napi::Object property = Napi::Object::New(env);
    property.Set("get", prototype.Get(name));
    define.Call({prototype, Napi::String::New(env, name), property});
  }
}

}  // namespace tsrpcgen
