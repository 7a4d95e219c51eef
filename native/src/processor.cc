#include "processor.h"

#include <sched.h>

namespace tsrpcgen {
namespace {

void Yield(const Napi::CallbackInfo& /*info*/) { sched_yield(); }

}  // namespace

void InitializeProcessor(Napi::Env env, Napi::Object exports) {
  exports.Set("yieldProcessor", Napi::Function::New<Yield>(env, "yieldProcessor"));
}

}  // namespace tsrpcgen
