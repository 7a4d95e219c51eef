#include "posix_message_queue.h"

#if defined(__linux__)
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/stat.h>
#endif

#include <array>
#include <cerrno>
#include <utility>

#include "descriptor.h"
#include "util/arguments.h"
#include "util/descriptor_io.h"
#include "util/error.h"
#include "util/named_object.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

#if defined(__linux__)

/// mqOpen(name, flags, mode, maxMessages, maxMessageBytes): a Descriptor. The last two may be undefined: the system's.
Napi::Value Open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto arguments = OpenArgumentsOf(info);
  if (!arguments) return env.Undefined();
  mq_attr attributes{};
  const bool bounded = !info[3].IsUndefined();
  if (bounded) {
    const auto max_messages = SizeArgument(info, 3, "maxMessages");
    if (!max_messages) return env.Undefined();
    const auto max_message_bytes = SizeArgument(info, 4, "maxMessageBytes");
    if (!max_message_bytes) return env.Undefined();
    attributes.mq_maxmsg = static_cast<long>(*max_messages);
    attributes.mq_msgsize = static_cast<long>(*max_message_bytes);
  }
  UniqueFd opened(
      mq_open(arguments->name.c_str(), arguments->flags | O_CLOEXEC, arguments->mode, bounded ? &attributes : nullptr));
  if (!opened.Valid()) return Fail(env, errno, "mq_open");
  return Descriptor::New(env, std::move(opened));
}

/// mqUnlink(name)
Napi::Value Unlink(const Napi::CallbackInfo& info) { return UnlinkName(info, mq_unlink, "mq_unlink"); }

/// mqAttributes(descriptor): [maxMessages, maxMessageBytes, messages]
Napi::Value Attributes(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "mq_getattr");
  if (descriptor == nullptr) return env.Undefined();
  mq_attr attributes{};
  if (mq_getattr(descriptor->Fd(), &attributes) != 0) return Fail(env, errno, "mq_getattr");
  const std::array<long, 3> values = {attributes.mq_maxmsg, attributes.mq_msgsize, attributes.mq_curmsgs};
  Napi::Array result = Napi::Array::New(env, values.size());
  uint32_t index = 0;
  for (const long value : values) result.Set(index++, Napi::Number::New(env, static_cast<double>(value)));
  return result;
}

/// What a call on the queue with some bytes has to have.
struct Call {
  Descriptor* queue;
  Bytes bytes;
};

std::optional<Call> CallArguments(const Napi::CallbackInfo& info, const char* syscall) {
  Descriptor* queue = Descriptor::Argument(info, 0, syscall);
  if (queue == nullptr) return std::nullopt;
  const auto bytes = BytesArgument(info, 1, "bytes");
  if (!bytes) return std::nullopt;
  return Call{queue, *bytes};
}

ssize_t SendTo(int fd, Bytes bytes, int priority) {
  // An empty array has no address, and the call wants one.
  const char* data = bytes.size == 0 ? "" : reinterpret_cast<const char*>(bytes.data);
  return mq_send(fd, data, bytes.size, static_cast<unsigned>(priority));
}

/// A number of JavaScript's has room for both: the priority is below 2^15, and counts 2^32.
double ReceiveFrom(int fd, Bytes bytes) {
  unsigned priority = 0;
  char none = 0;
  char* space = bytes.size == 0 ? &none : reinterpret_cast<char*>(bytes.data);
  const ssize_t size = mq_receive(fd, space, bytes.size, &priority);
  return size < 0 ? -1 : (static_cast<double>(priority) * 4294967296.0) + static_cast<double>(size);
}

/// mqSend(descriptor, bytes, priority): 0; undefined where there is no room
Napi::Value Send(const Napi::CallbackInfo& info) {
  const auto call = CallArguments(info, "mq_send");
  if (!call) return info.Env().Undefined();
  const auto priority = Int32Argument(info, 2, "priority");
  if (!priority) return info.Env().Undefined();
  return TryOnDescriptor(info.Env(), *call->queue, "mq_send",
                         [&](int fd) { return SendTo(fd, call->bytes, *priority); });
}

/// mqSendSync(descriptor, bytes, priority, timeoutMs)
Napi::Value SendSync(const Napi::CallbackInfo& info) {
  const auto call = CallArguments(info, "mq_send");
  if (!call) return info.Env().Undefined();
  const auto priority = Int32Argument(info, 2, "priority");
  if (!priority) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 3, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  return BlockOnDescriptor(info.Env(), *call->queue, "mq_send", POLLOUT, *deadline,
                           [&](int fd) { return SendTo(fd, call->bytes, *priority); });
}

/// mqReceive(descriptor, space): the bytes in it, and the priority times 2^32; undefined where there is none
Napi::Value Receive(const Napi::CallbackInfo& info) {
  const auto call = CallArguments(info, "mq_receive");
  if (!call) return info.Env().Undefined();
  return TryOnDescriptor(info.Env(), *call->queue, "mq_receive", [&](int fd) { return ReceiveFrom(fd, call->bytes); });
}

/// mqReceiveSync(descriptor, space, timeoutMs)
Napi::Value ReceiveSync(const Napi::CallbackInfo& info) {
  const auto call = CallArguments(info, "mq_receive");
  if (!call) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  return BlockOnDescriptor(info.Env(), *call->queue, "mq_receive", POLLIN, *deadline,
                           [&](int fd) { return ReceiveFrom(fd, call->bytes); });
}

/// mqNotify(descriptor, signal, value): the signal is undefined to take it back
Napi::Value Notify(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "mq_notify");
  if (descriptor == nullptr) return info.Env().Undefined();
  sigevent event{};
  const bool wanted = !info[1].IsUndefined();
  if (wanted) {
    const auto signal = Int32Argument(info, 1, "signal");
    if (!signal) return info.Env().Undefined();
    const auto value = Int32Argument(info, 2, "value");
    if (!value) return info.Env().Undefined();
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = *signal;
    event.sigev_value.sival_int = *value;
  }
  if (mq_notify(descriptor->Fd(), wanted ? &event : nullptr) != 0) return Fail(info.Env(), errno, "mq_notify");
  return info.Env().Undefined();
}

#else

Napi::Value Unsupported(const Napi::CallbackInfo& info) { return Fail(info.Env(), ENOTSUP, "mq_open"); }
constexpr auto Open = Unsupported;
constexpr auto Unlink = Unsupported;
constexpr auto Attributes = Unsupported;
constexpr auto Send = Unsupported;
constexpr auto SendSync = Unsupported;
constexpr auto Receive = Unsupported;
constexpr auto ReceiveSync = Unsupported;
constexpr auto Notify = Unsupported;

#endif

}  // namespace

void InitializePosixMessageQueue(Napi::Env env, Napi::Object exports) {
  exports.Set("mqOpen", Napi::Function::New<Open>(env, "mqOpen"));
  exports.Set("mqUnlink", Napi::Function::New<Unlink>(env, "mqUnlink"));
  exports.Set("mqAttributes", Napi::Function::New<Attributes>(env, "mqAttributes"));
  exports.Set("mqSend", Napi::Function::New<Send>(env, "mqSend"));
  exports.Set("mqSendSync", Napi::Function::New<SendSync>(env, "mqSendSync"));
  exports.Set("mqReceive", Napi::Function::New<Receive>(env, "mqReceive"));
  exports.Set("mqReceiveSync", Napi::Function::New<ReceiveSync>(env, "mqReceiveSync"));
  exports.Set("mqNotify", Napi::Function::New<Notify>(env, "mqNotify"));
}

}  // namespace tsrpcgen
