#include "signal_receiver.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "descriptor.h"
#include "util/accessors.h"
#include "util/arguments.h"
#include "util/error.h"
#include "util/signal_hub.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

/// kill(pid, signal)
Napi::Value Kill(const Napi::CallbackInfo& info) {
  const auto pid = Int32Argument(info, 0, "pid");
  if (!pid) return info.Env().Undefined();
  const auto number = Int32Argument(info, 1, "signal");
  if (!number) return info.Env().Undefined();
  if (kill(*pid, *number) != 0) return Fail(info.Env(), errno, "kill");
  return info.Env().Undefined();
}

/// sigqueue(pid, signal, value)
Napi::Value Queue(const Napi::CallbackInfo& info) {
  const auto pid = Int32Argument(info, 0, "pid");
  if (!pid) return info.Env().Undefined();
  const auto number = Int32Argument(info, 1, "signal");
  if (!number) return info.Env().Undefined();
  const auto value = Int32Argument(info, 2, "value");
  if (!value) return info.Env().Undefined();
#if defined(__linux__)
  sigval carried{};
  carried.sival_int = *value;
  if (sigqueue(*pid, *number, carried) != 0) return Fail(info.Env(), errno, "sigqueue");
  return info.Env().Undefined();
#else
  return Fail(info.Env(), ENOTSUP, "sigqueue");
#endif
}

/// realTimeSignals(): [the first, the last], or undefined
Napi::Value RealTimeSignals(const Napi::CallbackInfo& info) {
#if defined(SIGRTMIN)
  Napi::Array range = Napi::Array::New(info.Env(), 2);
  range.Set(0U, Napi::Number::New(info.Env(), SIGRTMIN));
  range.Set(1U, Napi::Number::New(info.Env(), SIGRTMAX));
  return range;
#else
  return info.Env().Undefined();
#endif
}

/// What keeps the signals coming: until it is closed, or garbage.
///
///   lost       signals that found the pipe full, until it was closed
///   close()    again: nothing happens
class SignalRegistration final : public Napi::ObjectWrap<SignalRegistration> {
 public:
  explicit SignalRegistration(const Napi::CallbackInfo& info) : ObjectWrap(info) {}
  static Napi::Function Define(Napi::Env env) {
    Napi::Function constructor = DefineClass(env, "SignalRegistration",
                                             {InstanceMethod<&SignalRegistration::Open>("open"),
                                              InstanceMethod<&SignalRegistration::Lost>("lost", napi_configurable),
                                              InstanceMethod<&SignalRegistration::Close>("close")});
    MakeAccessors(constructor, {"lost"});
    return constructor;
  }

 private:
  /// open([number, …]): the Descriptor to read records from
  Napi::Value Open(const Napi::CallbackInfo& info);
  Napi::Value Lost(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), subscription_ ? subscription_->Lost() : lost_);
  }
  void Close(const Napi::CallbackInfo& /*info*/) {
    if (subscription_) lost_ = subscription_->Lost();
    subscription_.reset();
  }

  uint32_t lost_ = 0;
  std::unique_ptr<SignalSubscription> subscription_;
};

Napi::Value SignalRegistration::Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::vector<int> numbers;
  for (size_t i = 0; i < info.Length(); i += 1) {
    const auto number = Int32Argument(info, i, "signal");
    if (!number) return env.Undefined();
    if (!SignalSubscription::Allowed(*number)) return Fail(env, EINVAL, "sigaction");
    numbers.push_back(*number);
  }
  if (subscription_) return Fail(env, EALREADY, "sigaction");
  UniqueFd reading;
  int error = 0;
  subscription_ = SignalSubscription::Open(numbers, reading, error);
  if (!subscription_) return Fail(env, error, "sigaction");
  return Descriptor::New(env, std::move(reading));
}

}  // namespace

void InitializeSignalReceiver(Napi::Env env, Napi::Object exports) {
  exports.Set("kill", Napi::Function::New<Kill>(env, "kill"));
  exports.Set("sigqueue", Napi::Function::New<Queue>(env, "sigqueue"));
  exports.Set("realTimeSignals", Napi::Function::New<RealTimeSignals>(env, "realTimeSignals"));
  exports.Set("SignalRegistration", SignalRegistration::Define(env));
}

}  // namespace tsrpcgen
