#include "ring.h"

#include <cerrno>

#include "mapping.h"
#include "ring/binding.h"
#include "ring/memory.h"
#include "util/arguments.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

/// ringFormat(mapping, offset, length, manyProducers, manyConsumers, maxRecords): 0 records for as many as fit
Napi::Value Format(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto pages = Mapping::Argument(info, 0, "ring");
  if (!pages) return env.Undefined();
  const auto offset = SizeArgument(info, 1, "offset");
  if (!offset) return env.Undefined();
  const auto length = SizeArgument(info, 2, "length");
  if (!length) return env.Undefined();
  const auto many_producers = BooleanArgument(info, 3, "manyProducers");
  if (!many_producers) return env.Undefined();
  const auto many_consumers = BooleanArgument(info, 4, "manyConsumers");
  if (!many_consumers) return env.Undefined();
  const auto max_records = SizeArgument(info, 5, "maxRecords");
  if (!max_records) return env.Undefined();
  if (*max_records > UINT32_MAX) return Fail(env, EINVAL, "ring");
  const ring::Options options{*many_producers, *many_consumers, static_cast<uint32_t>(*max_records)};
  const int error = ring::Memory::Format(*pages, *offset, *length, options);
  return error == 0 ? env.Undefined() : Fail(env, error, "ring");
}

}  // namespace

void InitializeRing(Napi::Env env, Napi::Object exports) {
  exports.Set("ringFormat", Napi::Function::New<Format>(env, "ringFormat"));
  exports.Set("ringHeaderBytes", Napi::Number::New(env, sizeof(ring::Header)));
  exports.Set("ringPushSync", Napi::Function::New<RingHandle::PushSync>(env, "ringPushSync"));
  exports.Set("ringPopSync", Napi::Function::New<RingHandle::PopSync>(env, "ringPopSync"));
  exports.Set("Ring", RingHandle::Define(env));
}

}  // namespace tsrpcgen
