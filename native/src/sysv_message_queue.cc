#include "sysv_message_queue.h"

#include <sys/ipc.h>
#include <sys/msg.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "instance.h"
#include "util/arguments.h"
#include "util/blocking_task.h"
#include "util/error.h"
#include "util/sysv_permissions.h"

namespace tsrpcgen {
namespace {

/// A message as the calls take it: the type, and the bytes behind it.
class Message {
 public:
  /// Not filled: a receive may offer much more room than it needs. Without the memory, `Data` is nothing.
  explicit Message(size_t bytes)
      : memory_(bytes < SIZE_MAX - sizeof(long) ? new (std::nothrow) uint8_t[sizeof(long) + bytes] : nullptr),
        capacity_(bytes) {}
  Message(long type, Bytes bytes) : Message(bytes.size) {
    if (!memory_) return;
    std::memcpy(memory_.get(), &type, sizeof(type));
    if (bytes.size > 0) std::memcpy(memory_.get() + sizeof(type), bytes.data, bytes.size);
  }
  [[nodiscard]] void* Data() { return memory_.get(); }
  [[nodiscard]] size_t Capacity() const { return capacity_; }
  /// { type, bytes }
  [[nodiscard]] Napi::Value ToJavaScript(Napi::Env env, size_t size) const {
    long type = 0;
    std::memcpy(&type, memory_.get(), sizeof(type));
    Napi::Uint8Array bytes = Napi::Uint8Array::New(env, size);
    // No memory, or the worker is being terminated: an error is pending, or nobody runs that it could be told to.
    if (bytes.IsEmpty()) return env.Undefined();
    if (size > 0) std::memcpy(bytes.Data(), memory_.get() + sizeof(type), size);
    Napi::Object message = Napi::Object::New(env);
    message.Set("type", Napi::Number::New(env, static_cast<double>(type)));
    message.Set("bytes", bytes);
    return message;
  }

 private:
  // NOLINTNEXTLINE(*-avoid-c-arrays): a vector would fill it.
  std::unique_ptr<uint8_t[]> memory_;
  size_t capacity_;
};

class SendTask final : public BlockingTask {
 public:
  SendTask(int id, long type, Bytes bytes, int flags = 0) : id_(id), flags_(flags), message_(type, bytes) {}
  int Attempt() override {
    if (message_.Data() == nullptr) return ENOMEM;
    return msgsnd(id_, message_.Data(), message_.Capacity(), flags_) == 0 ? 0 : errno;
  }
  [[nodiscard]] const char* Syscall() const override { return "msgsnd"; }

 private:
  int id_;
  int flags_;
  Message message_;
};

struct Receiving {
  int id;
  long type;
  int flags;
  size_t max_bytes;
};

/// Into memory of its own, on a thread.
class ReceiveTask final : public BlockingTask {
 public:
  explicit ReceiveTask(const Receiving& receiving) : receiving_(receiving), message_(receiving.max_bytes) {}
  int Attempt() override {
    if (message_.Data() == nullptr) return ENOMEM;
    size_ = msgrcv(receiving_.id, message_.Data(), receiving_.max_bytes, receiving_.type, receiving_.flags);
    return size_ >= 0 ? 0 : errno;
  }
  Napi::Value Result(Napi::Env env) override { return message_.ToJavaScript(env, static_cast<size_t>(size_)); }
  [[nodiscard]] const char* Syscall() const override { return "msgrcv"; }

 private:
  Receiving receiving_;
  Message message_;
  ssize_t size_ = 0;
};

/// Into a space of JavaScript's: first the message's type, 8 bytes as a double, then its bytes. Yields their number.
class ReceiveIntoTask final : public BlockingTask {
 public:
  static constexpr size_t type_bytes = sizeof(double);
  ReceiveIntoTask(const Receiving& receiving, uint8_t* space) : receiving_(receiving), space_(space) {}
  int Attempt() override {
    static_assert(type_bytes >= sizeof(long));
    // Where the kernel is to put its own type, so that the bytes are where they belong.
    uint8_t* message = space_ + type_bytes - sizeof(long);
    size_ = msgrcv(receiving_.id, message, receiving_.max_bytes, receiving_.type, receiving_.flags);
    if (size_ < 0) return errno;
    long type = 0;
    std::memcpy(&type, message, sizeof(type));
    const auto number = static_cast<double>(type);
    std::memcpy(space_, &number, sizeof(number));
    return 0;
  }
  Napi::Value Result(Napi::Env env) override { return Napi::Number::New(env, static_cast<double>(size_)); }
  [[nodiscard]] const char* Syscall() const override { return "msgrcv"; }

 private:
  Receiving receiving_;
  uint8_t* space_;
  ssize_t size_ = 0;
};

struct Sending {
  int id;
  long type;
  Bytes bytes;
};

std::optional<Sending> SendingArguments(const Napi::CallbackInfo& info) {
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return std::nullopt;
  const auto type = IntegerArgument(info, 1, "type");
  if (!type) return std::nullopt;
  const auto bytes = BytesArgument(info, 2, "bytes");
  if (!bytes) return std::nullopt;
  return Sending{*id, static_cast<long>(*type), *bytes};
}

std::optional<Receiving> ReceivingArguments(const Napi::CallbackInfo& info) {
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return std::nullopt;
  const auto type = IntegerArgument(info, 1, "type");
  if (!type) return std::nullopt;
  const auto except = BooleanArgument(info, 2, "except");
  if (!except) return std::nullopt;
  const auto truncate = BooleanArgument(info, 3, "truncate");
  if (!truncate) return std::nullopt;
  const auto max_bytes = SizeArgument(info, 4, "maxBytes");
  if (!max_bytes) return std::nullopt;
  int flags = *truncate ? MSG_NOERROR : 0;
#if defined(MSG_EXCEPT)
  if (*except) flags |= MSG_EXCEPT;
#else
  if (*except) {
    ThrowSystemError(info.Env(), ENOTSUP, "msgrcv");
    return std::nullopt;
  }
#endif
  return Receiving{*id, static_cast<long>(*type), flags, *max_bytes};
}

/// The argument after those: room for a message of `max_bytes`, and its type.
std::optional<uint8_t*> SpaceArgument(const Napi::CallbackInfo& info, size_t index, size_t max_bytes) {
  const auto space = BytesArgument(info, index, "space");
  if (!space) return std::nullopt;
  if (space->size >= ReceiveIntoTask::type_bytes && space->size - ReceiveIntoTask::type_bytes >= max_bytes)
    return space->data;
  ThrowSystemError(info.Env(), EINVAL, "msgrcv");
  return std::nullopt;
}

/// msgget(key, flags): the id
Napi::Value Get(const Napi::CallbackInfo& info) {
  const auto key = Int32Argument(info, 0, "key");
  if (!key) return info.Env().Undefined();
  const auto flags = Int32Argument(info, 1, "flags");
  if (!flags) return info.Env().Undefined();
  const int id = msgget(*key, *flags);
  if (id < 0) return Fail(info.Env(), errno, "msgget");
  return Napi::Number::New(info.Env(), id);
}

/// msgsnd(id, type, bytes): whether there was room
Napi::Value TrySend(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto sending = SendingArguments(info);
  if (!sending) return env.Undefined();
  SendTask task(sending->id, sending->type, sending->bytes, IPC_NOWAIT);
  int error = task.Attempt();
  while (error == EINTR) error = task.Attempt();
  if (error != 0 && error != EAGAIN) return Fail(env, error, "msgsnd");
  return Napi::Boolean::New(env, error == 0);
}

/// msgsndWaiting(id, type, bytes, callback): see WaitThreads::Start
Napi::Value SendWaiting(const Napi::CallbackInfo& info) {
  const auto sending = SendingArguments(info);
  if (!sending) return info.Env().Undefined();
  const auto callback = FunctionArgument(info, 3, "callback");
  if (!callback) return info.Env().Undefined();
  auto task = std::make_unique<SendTask>(sending->id, sending->type, sending->bytes);
  return Instance::Threads(info.Env()).Start(info.Env(), std::move(task), *callback);
}

/// msgsndSync(id, type, bytes, timeoutMs)
Napi::Value SendSync(const Napi::CallbackInfo& info) {
  const auto sending = SendingArguments(info);
  if (!sending) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 3, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  SendTask task(sending->id, sending->type, sending->bytes);
  return RunBlocking(info.Env(), task, *deadline);
}

/// msgrcv(id, type, except, truncate, maxBytes, space): see ReceiveIntoTask; undefined where there is none
Napi::Value TryReceive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto receiving = ReceivingArguments(info);
  if (!receiving) return env.Undefined();
  const auto space = SpaceArgument(info, 5, receiving->max_bytes);
  if (!space) return env.Undefined();
  ReceiveIntoTask task({receiving->id, receiving->type, receiving->flags | IPC_NOWAIT, receiving->max_bytes}, *space);
  int error = task.Attempt();
  while (error == EINTR) error = task.Attempt();
  if (error == 0) return task.Result(env);
  return error == ENOMSG ? env.Undefined() : Fail(env, error, "msgrcv");
}

/// msgrcvWaiting(id, type, except, truncate, maxBytes, callback): see WaitThreads::Start; yields { type, bytes }
Napi::Value ReceiveWaiting(const Napi::CallbackInfo& info) {
  const auto receiving = ReceivingArguments(info);
  if (!receiving) return info.Env().Undefined();
  const auto callback = FunctionArgument(info, 5, "callback");
  if (!callback) return info.Env().Undefined();
  return Instance::Threads(info.Env()).Start(info.Env(), std::make_unique<ReceiveTask>(*receiving), *callback);
}

/// msgrcvSync(id, type, except, truncate, maxBytes, space, timeoutMs): see ReceiveIntoTask
Napi::Value ReceiveSync(const Napi::CallbackInfo& info) {
  const auto receiving = ReceivingArguments(info);
  if (!receiving) return info.Env().Undefined();
  const auto space = SpaceArgument(info, 5, receiving->max_bytes);
  if (!space) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 6, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  ReceiveIntoTask task(*receiving, *space);
  return RunBlocking(info.Env(), task, *deadline);
}

/// msgStat(id)
Napi::Value Stat(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  msqid_ds status{};
  if (msgctl(*id, IPC_STAT, &status) != 0) return Fail(env, errno, "msgctl");
  Napi::Object result = Napi::Object::New(env);
  DescribePermissions(result, status.msg_perm);
  const auto set = [&](const char* name, auto value) {
    result.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  set("messages", status.msg_qnum);
  set("maxBytes", status.msg_qbytes);
#if defined(__linux__)
  set("bytes", status.msg_cbytes);
#endif
  set("lastSendPid", status.msg_lspid);
  set("lastReceivePid", status.msg_lrpid);
  set("lastSend", status.msg_stime);
  set("lastReceive", status.msg_rtime);
  set("lastChange", status.msg_ctime);
  return result;
}

/// msgSet(id, uid, gid, mode, maxBytes): each may be undefined
Napi::Value Set(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  msqid_ds status{};
  if (msgctl(*id, IPC_STAT, &status) != 0) return Fail(env, errno, "msgctl");
  if (!ChangePermissions(info, 1, status.msg_perm)) return env.Undefined();
  if (!info[4].IsUndefined()) {
    const auto max_bytes = SizeArgument(info, 4, "maxBytes");
    if (!max_bytes) return env.Undefined();
    status.msg_qbytes = *max_bytes;
  }
  if (msgctl(*id, IPC_SET, &status) != 0) return Fail(env, errno, "msgctl");
  return env.Undefined();
}

/// msgRemove(id)
Napi::Value Remove(const Napi::CallbackInfo& info) {
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return info.Env().Undefined();
  if (msgctl(*id, IPC_RMID, nullptr) != 0) return Fail(info.Env(), errno, "msgctl");
  return info.Env().Undefined();
}

}  // namespace

void InitializeSysvMessageQueue(Napi::Env env, Napi::Object exports) {
  exports.Set("msgget", Napi::Function::New<Get>(env, "msgget"));
  exports.Set("msgsnd", Napi::Function::New<TrySend>(env, "msgsnd"));
  exports.Set("msgsndWaiting", Napi::Function::New<SendWaiting>(env, "msgsndWaiting"));
  exports.Set("msgsndSync", Napi::Function::New<SendSync>(env, "msgsndSync"));
  exports.Set("msgrcv", Napi::Function::New<TryReceive>(env, "msgrcv"));
  exports.Set("msgrcvWaiting", Napi::Function::New<ReceiveWaiting>(env, "msgrcvWaiting"));
  exports.Set("msgrcvSync", Napi::Function::New<ReceiveSync>(env, "msgrcvSync"));
  exports.Set("msgStat", Napi::Function::New<Stat>(env, "msgStat"));
  exports.Set("msgSet", Napi::Function::New<Set>(env, "msgSet"));
  exports.Set("msgRemove", Napi::Function::New<Remove>(env, "msgRemove"));
}

}  // namespace tsrpcgen
