#include "binding.h"

#include <cerrno>

#include "../instance.h"
#include "../mapping.h"
#include "../util/accessors.h"
#include "../util/error.h"
#include "../util/held_buffer.h"
#include "binding_values.h"

namespace tsrpcgen {
namespace {

using ring::Outcome;
using ring::Side;
using ring::Status;

/// Of the space that JavaScript sees records in.
constexpr size_t max_scratch_bytes = size_t{1} << 20;

}  // namespace

RingHandle::RingHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  // A worker that is being terminated: nothing ties the two together, and nobody would ever delete this.
  if (IsEmpty()) return;
  known_ = {Instance::Of(info.Env()).rings, this};
  const auto pages = Mapping::Argument(info, 0, "ring");
  if (!pages) return;
  const auto offset = SizeArgument(info, 1, "offset");
  if (!offset) return;
  const auto scratch_bytes = SizeArgument(info, 2, "scratchBytes");
  if (!scratch_bytes) return;
  if (*scratch_bytes > max_scratch_bytes) {
    ThrowSystemError(info.Env(), EINVAL, "ring");
    return;
  }
  scratch_ = std::make_shared<std::vector<uint8_t>>(*scratch_bytes);
  int error = 0;
  ring_ = ring::Ring::Attach(pages, *offset, error);
  if (ring_) return;
  if (error == EBADMSG)
    Throw(info.Env(), Status::Corrupt);
  else
    ThrowSystemError(info.Env(), error, "ring");
}

ring::Ring* RingHandle::Open(Napi::Env env) {
  if (!ring_) ThrowSystemError(env, EBADF, "ring");
  return ring_.get();
}

Napi::Value RingHandle::MaxRecordBytes(const Napi::CallbackInfo& info) {
  const ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(ring->MaxRecordBytes()));
}

Napi::Value RingHandle::Capacity(const Napi::CallbackInfo& info) {
  const ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(size_t{ring->Capacity()} * ring::unit_bytes));
}

Napi::Value RingHandle::Pushed(const Napi::CallbackInfo& info) {
  const ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(ring->Count(Side::Push)));
}

Napi::Value RingHandle::Popped(const Napi::CallbackInfo& info) {
  const ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(ring->Count(Side::Pop)));
}

Napi::Value RingHandle::Key(const Napi::CallbackInfo& info) { return Living<RingHandle>::KeyOf(info.Env(), this); }

Napi::Value RingHandle::Ticket(const Napi::CallbackInfo& info) {
  Napi::Array ticket = Napi::Array::New(info.Env(), 2);
  ticket.Set(0U, Napi::Number::New(info.Env(), ticket_.units));
  ticket.Set(1U, Napi::Number::New(info.Env(), ticket_.records));
  return ticket;
}

Napi::Value RingHandle::Scratch(const Napi::CallbackInfo& info) {
  // Not memory of JavaScript's, which might detach or shrink it, and then have a record written there.
  const Napi::ArrayBuffer buffer = HeldBuffer(info.Env(), scratch_->data(), scratch_->size(), scratch_);
  if (buffer.IsEmpty()) return info.Env().Undefined();
  return {info.Env(), static_cast<napi_value>(Napi::Uint8Array::New(info.Env(), scratch_->size(), buffer, 0))};
}

Napi::Value RingHandle::SharedBooks(const Napi::CallbackInfo& info) {
  const ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const std::shared_ptr<ring::Books>& books = ring->SharedBooks();
  const Napi::ArrayBuffer buffer = HeldBuffer(info.Env(), books.get(), sizeof(ring::Books), books);
  if (buffer.IsEmpty()) return info.Env().Undefined();
  constexpr size_t words = sizeof(ring::Books) / sizeof(uint64_t);
  return {info.Env(), static_cast<napi_value>(Napi::BigInt64Array::New(info.Env(), words, buffer, 0))};
}

Napi::Value RingHandle::Direct(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto pushing = BooleanArgument(info, 0, "pushing");
  if (!pushing) return info.Env().Undefined();
  const auto fenced = BooleanArgument(info, 1, "fenced");
  if (!fenced) return info.Env().Undefined();
  const auto intent = ring->Direct(*pushing ? Side::Push : Side::Pop, *fenced);
  return Napi::Number::New(info.Env(), intent ? static_cast<double>(*intent) : not_now);
}

Napi::Value RingHandle::Wake(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto pushing = BooleanArgument(info, 0, "pushing");
  if (!pushing) return info.Env().Undefined();
  return Napi::Boolean::New(info.Env(), ring->Sleepers().Wake(*pushing ? Side::Pop : Side::Push));
}

Napi::Value RingHandle::Push(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto bytes = RecordArgument(info, 0, *ring);
  if (!bytes) return info.Env().Undefined();
  const Outcome outcome = ring->Push(bytes->data, bytes->size);
  ticket_ = outcome.at;
  return ToJavaScript(info.Env(), outcome);
}

Napi::Value RingHandle::PushWanted(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto bytes = RecordArgument(info, 0, *ring);
  if (!bytes) return info.Env().Undefined();
  return ToJavaScript(info.Env(), ring->Push(bytes->data, bytes->size, true));
}

RingHandle* RingHandle::Argument(const Napi::CallbackInfo& info) {
  RingHandle* self = Instance::Of(info.Env()).rings->Find(info[0]);
  if (self == nullptr) {
    tsrpcgen::Throw(Napi::TypeError::New(info.Env(), "a Ring is expected"));
    return nullptr;
  }
  return self->Open(info.Env()) == nullptr ? nullptr : self;
}

Napi::Value RingHandle::Withdraw(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto at = PositionArgument(info, 0);
  if (!at) return info.Env().Undefined();
  const auto length = Uint32Argument(info, 2, "length");
  if (!length) return info.Env().Undefined();
  return ToJavaScript(info.Env(), ring->Withdraw(*at, *length));
}

Napi::Value RingHandle::WasTaken(const Napi::CallbackInfo& info) {
  const ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto at = PositionArgument(info, 0);
  if (!at) return info.Env().Undefined();
  return Napi::Boolean::New(info.Env(), ring->WasTaken(*at));
}

void RingHandle::Want(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring != nullptr) ring->Want();
}

void RingHandle::Unwant(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return;
  const Status status = ring->Unwant();
  if (status != Status::Done && status != Status::NotNow) Throw(info.Env(), status);
}

void RingHandle::PassOn(const Napi::CallbackInfo& /*info*/) {
  if (ring_) ring_->PassOn();
}

void RingHandle::Trim(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return;
  const Status status = ring->Trim();
  if (status != Status::Done && status != Status::NotNow) Throw(info.Env(), status);
}

Napi::Value RingHandle::Arm(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  const auto size = SizeArgument(info, 1, "size");
  if (!size) return info.Env().Undefined();
  const auto pushing = BooleanArgument(info, 0, "pushing");
  if (!pushing) return info.Env().Undefined();
  const Side side = *pushing ? Side::Push : Side::Pop;
  ring->Sleepers().Arm(side);
  const bool ready = *pushing ? ring->CanPush(*size) : ring->CanPop();
  if (ready) ring->Sleepers().Disarm(side);
  return Napi::Boolean::New(info.Env(), !ready);
}

Napi::Value RingHandle::Usage(const Napi::CallbackInfo& info) {
  const ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  ring::Gap gap;
  if (!ring->Usage(gap)) return Throw(info.Env(), Status::Corrupt);
  Napi::Array usage = Napi::Array::New(info.Env(), 2);
  usage.Set(0U, Napi::Number::New(info.Env(), gap.records));
  usage.Set(1U, Napi::Number::New(info.Env(), static_cast<double>(size_t{gap.units} * ring::unit_bytes)));
  return usage;
}

Napi::Value RingHandle::Deaths(const Napi::CallbackInfo& info) {
  ring::Ring* ring = Open(info.Env());
  if (ring == nullptr) return info.Env().Undefined();
  Napi::Array deaths = Napi::Array::New(info.Env());
  for (const ring::Death& death : ring->CollectDeaths()) {
    Napi::Array told = Napi::Array::New(info.Env(), 4);
    told.Set(0U, Napi::Number::New(info.Env(), death.pid));
    told.Set(1U, Napi::Number::New(info.Env(), static_cast<double>(death.pushed)));
    told.Set(2U, Napi::Number::New(info.Env(), static_cast<double>(death.popped)));
    told.Set(3U, Napi::Number::New(info.Env(), death.found));
    deaths.Set(deaths.Length(), told);
  }
  return deaths;
}

void RingHandle::Close(const Napi::CallbackInfo& /*info*/) {
  if (ring_) ring_->Close();
  ring_.reset();
}

Napi::Function RingHandle::Define(Napi::Env env) {
  Napi::Function constructor =
      DefineClass(env, "Ring",
                  {InstanceMethod<&RingHandle::MaxRecordBytes>("maxRecordBytes", napi_configurable),
                   InstanceMethod<&RingHandle::Capacity>("capacity", napi_configurable),
                   InstanceMethod<&RingHandle::Pushed>("pushed", napi_configurable),
                   InstanceMethod<&RingHandle::Popped>("popped", napi_configurable),
                   InstanceMethod<&RingHandle::Key>("key", napi_configurable),
                   InstanceMethod<&RingHandle::Ticket>("ticket", napi_configurable),
                   InstanceMethod<&RingHandle::Scratch>("scratch", napi_configurable),
                   InstanceMethod<&RingHandle::SharedBooks>("books", napi_configurable),
                   InstanceMethod<&RingHandle::Direct>("direct"),
                   InstanceMethod<&RingHandle::Wake>("wake"),
                   InstanceMethod<&RingHandle::Push>("push"),
                   InstanceMethod<&RingHandle::PushWanted>("pushWanted"),
                   InstanceMethod<&RingHandle::WaitPopSync>("waitPopSync"),
                   InstanceMethod<&RingHandle::Pop>("pop"),
                   InstanceMethod<&RingHandle::Withdraw>("withdraw"),
                   InstanceMethod<&RingHandle::WasTaken>("wasTaken"),
                   InstanceMethod<&RingHandle::WaitPush>("waitPush"),
                   InstanceMethod<&RingHandle::WaitPop>("waitPop"),
                   InstanceMethod<&RingHandle::WaitTaken>("waitTaken"),
                   InstanceMethod<&RingHandle::WaitTakenSync>("waitTakenSync"),
                   InstanceMethod<&RingHandle::Want>("want"),
                   InstanceMethod<&RingHandle::Unwant>("unwant"),
                   InstanceMethod<&RingHandle::PassOn>("passOn"),
                   InstanceMethod<&RingHandle::Trim>("trim"),
                   InstanceMethod<&RingHandle::Arm>("arm"),
                   InstanceMethod<&RingHandle::Usage>("usage"),
                   InstanceMethod<&RingHandle::Deaths>("deaths"),
                   InstanceMethod<&RingHandle::Close>("close")});
  MakeAccessors(constructor, {"maxRecordBytes", "capacity", "pushed", "popped", "key", "ticket", "scratch", "books"});
  return constructor;
}

}  // namespace tsrpcgen
