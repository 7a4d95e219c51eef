#include "sysv_semaphore.h"

#include <sys/ipc.h>
#include <sys/sem.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "instance.h"
#include "util/arguments.h"
#include "util/blocking_task.h"
#include "util/error.h"
#include "util/sysv_permissions.h"

namespace tsrpcgen {
namespace {

/// semctl's fourth argument, which the caller has to declare.
union Argument {
  int value;
  semid_ds* status;
  unsigned short* values;
};

/// Of one call. Most have one, for which no memory is asked.
class Operations {
 public:
  void Add(const sembuf& operation) {
    if (size_ == 1) several_.push_back(only_);
    if (size_ == 0)
      only_ = operation;
    else
      several_.push_back(operation);
    size_ += 1;
  }
  [[nodiscard]] sembuf* Data() { return size_ > 1 ? several_.data() : &only_; }
  [[nodiscard]] size_t Size() const { return size_; }

 private:
  size_t size_ = 0;
  sembuf only_{};
  std::vector<sembuf> several_;
};

/// The operations of one call: it makes all of them or none.
class OperationTask final : public BlockingTask {
 public:
  OperationTask(int id, Operations operations, Deadline deadline)
      : id_(id), operations_(std::move(operations)), deadline_(deadline) {}
  int Attempt() override {
#if defined(__linux__)
    if (deadline_.Bounded()) {
      const timespec left = deadline_.Remaining();
      if (semtimedop(id_, operations_.Data(), operations_.Size(), &left) == 0) return 0;
      return errno == EAGAIN ? ETIMEDOUT : errno;
    }
#endif
    return semop(id_, operations_.Data(), operations_.Size()) == 0 ? 0 : errno;
  }
  [[nodiscard]] const char* Syscall() const override { return "semop"; }

 private:
  int id_;
  Operations operations_;
  Deadline deadline_;
};

std::optional<int> IntegerWithin(const Napi::CallbackInfo& info, size_t index, const char* name, int min, int max) {
  const auto number = Int32Argument(info, index, name);
  if (!number || (*number >= min && *number <= max)) return number;
  Throw(Napi::RangeError::New(info.Env(), std::string(name) + " must be from " + std::to_string(min) + " to " +
                                              std::to_string(max) + ", not " + std::to_string(*number)));
  return std::nullopt;
}

/// The arguments from `first` on, three for each: index, by, undo.
std::optional<Operations> OperationsArgument(const Napi::CallbackInfo& info, size_t first, short flags) {
  using Index = std::numeric_limits<decltype(sembuf::sem_num)>;
  using By = std::numeric_limits<decltype(sembuf::sem_op)>;
  Operations operations;
  for (size_t at = first; at + 2 < info.Length(); at += 3) {
    const auto index = IntegerWithin(info, at, "index", Index::min(), Index::max());
    if (!index) return std::nullopt;
    const auto by = IntegerWithin(info, at + 1, "by", By::min(), By::max());
    if (!by) return std::nullopt;
    const auto undo = BooleanArgument(info, at + 2, "undo");
    if (!undo) return std::nullopt;
    sembuf operation{};
    operation.sem_num = static_cast<decltype(operation.sem_num)>(*index);
    operation.sem_op = static_cast<decltype(operation.sem_op)>(*by);
    operation.sem_flg = static_cast<decltype(operation.sem_flg)>(*undo ? flags | SEM_UNDO : flags);
    operations.Add(operation);
  }
  return operations;
}

/// semget(key, count, flags): the id
Napi::Value Open(const Napi::CallbackInfo& info) {
  const auto key = Int32Argument(info, 0, "key");
  if (!key) return info.Env().Undefined();
  const auto count = Int32Argument(info, 1, "count");
  if (!count) return info.Env().Undefined();
  const auto flags = Int32Argument(info, 2, "flags");
  if (!flags) return info.Env().Undefined();
  const int id = semget(*key, *count, *flags);
  if (id < 0) return Fail(info.Env(), errno, "semget");
  return Napi::Number::New(info.Env(), id);
}

/// semop(id, ...operations): whether it did not have to wait
Napi::Value TryOperate(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  auto operations = OperationsArgument(info, 1, IPC_NOWAIT);
  if (!operations) return env.Undefined();
  OperationTask task(*id, std::move(*operations), Deadline::Never());
  int error = task.Attempt();
  while (error == EINTR) error = task.Attempt();
  if (error != 0 && error != EAGAIN) return Fail(env, error, "semop");
  return Napi::Boolean::New(env, error == 0);
}

/// semopWaiting(callback, id, ...operations): see WaitThreads::Start
Napi::Value OperateWaiting(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto callback = FunctionArgument(info, 0, "callback");
  if (!callback) return env.Undefined();
  const auto id = Int32Argument(info, 1, "id");
  if (!id) return env.Undefined();
  auto operations = OperationsArgument(info, 2, 0);
  if (!operations) return env.Undefined();
  auto task = std::make_unique<OperationTask>(*id, std::move(*operations), Deadline::Never());
  return Instance::Threads(env).Start(env, std::move(task), *callback);
}

/// semopSync(timeoutMs, id, ...operations)
Napi::Value OperateSync(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto deadline = DeadlineArgument(info, 0, "timeoutMs");
  if (!deadline) return env.Undefined();
  const auto id = Int32Argument(info, 1, "id");
  if (!id) return env.Undefined();
  auto operations = OperationsArgument(info, 2, 0);
  if (!operations) return env.Undefined();
  OperationTask task(*id, std::move(*operations), *deadline);
#if defined(__linux__)
  // The call has a time of its own: no alarm is needed.
  return RunBlocking(env, task, Deadline::Never());
#else
  return RunBlocking(env, task, *deadline);
#endif
}

/// semGet(id, index, what): "value", "waitingForMore" (GETNCNT), "waitingForZero" (GETZCNT) or "lastPid"
Napi::Value GetOf(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  const auto index = Int32Argument(info, 1, "index");
  if (!index) return env.Undefined();
  const auto what = StringArgument(info, 2, "what");
  if (!what) return env.Undefined();
  int command = GETVAL;
  if (*what == "waitingForMore") command = GETNCNT;
  if (*what == "waitingForZero") command = GETZCNT;
  if (*what == "lastPid") command = GETPID;
  const int value = semctl(*id, *index, command);
  if (value < 0) return Fail(env, errno, "semctl");
  return Napi::Number::New(env, value);
}

bool ReadStatus(Napi::Env env, int id, semid_ds& status) {
  Argument argument{};
  argument.status = &status;
  if (semctl(id, 0, IPC_STAT, argument) == 0) return true;
  ThrowSystemError(env, errno, "semctl");
  return false;
}

/// semValues(id): number[]
Napi::Value Values(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  semid_ds status{};
  if (!ReadStatus(env, *id, status)) return env.Undefined();
  // The count of an identifier never changes.
  std::vector<unsigned short> values(status.sem_nsems);
  Argument argument{};
  argument.values = values.data();
  if (semctl(*id, 0, GETALL, argument) != 0) return Fail(env, errno, "semctl");
  Napi::Array result = Napi::Array::New(env, values.size());
  for (uint32_t i = 0; i < values.size(); i += 1) result.Set(i, Napi::Number::New(env, values.at(i)));
  return result;
}

/// semSetValue(id, index, value)
Napi::Value SetValue(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  const auto index = Int32Argument(info, 1, "index");
  if (!index) return env.Undefined();
  const auto value = Int32Argument(info, 2, "value");
  if (!value) return env.Undefined();
  Argument argument{};
  argument.value = *value;
  if (semctl(*id, *index, SETVAL, argument) != 0) return Fail(env, errno, "semctl");
  return env.Undefined();
}

/// semSetValues(id, ...values): as many as the set has. Fewer would have the kernel read beyond them.
Napi::Value SetValues(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  std::vector<unsigned short> values;
  for (size_t at = 1; at < info.Length(); at += 1) {
    const auto value = Int32Argument(info, at, "value");
    if (!value) return env.Undefined();
    if (*value < 0 || *value > std::numeric_limits<unsigned short>::max()) return Fail(env, ERANGE, "semctl");
    values.push_back(static_cast<unsigned short>(*value));
  }
  semid_ds status{};
  if (!ReadStatus(env, *id, status)) return env.Undefined();
  if (values.size() != status.sem_nsems) return Fail(env, EINVAL, "semctl");
  Argument argument{};
  argument.values = values.data();
  if (semctl(*id, 0, SETALL, argument) != 0) return Fail(env, errno, "semctl");
  return env.Undefined();
}

/// semStat(id)
Napi::Value Stat(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  semid_ds status{};
  if (!ReadStatus(env, *id, status)) return env.Undefined();
  Napi::Object result = Napi::Object::New(env);
  DescribePermissions(result, status.sem_perm);
  result.Set("count", Napi::Number::New(env, static_cast<double>(status.sem_nsems)));
  result.Set("lastOperation", Napi::Number::New(env, static_cast<double>(status.sem_otime)));
  result.Set("lastChange", Napi::Number::New(env, static_cast<double>(status.sem_ctime)));
  return result;
}

/// semSet(id, uid, gid, mode): each may be undefined
Napi::Value Set(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return env.Undefined();
  semid_ds status{};
  if (!ReadStatus(env, *id, status) || !ChangePermissions(info, 1, status.sem_perm)) return env.Undefined();
  Argument argument{};
  argument.status = &status;
  if (semctl(*id, 0, IPC_SET, argument) != 0) return Fail(env, errno, "semctl");
  return env.Undefined();
}

/// semRemove(id)
Napi::Value Remove(const Napi::CallbackInfo& info) {
  const auto id = Int32Argument(info, 0, "id");
  if (!id) return info.Env().Undefined();
  if (semctl(*id, 0, IPC_RMID) != 0) return Fail(info.Env(), errno, "semctl");
  return info.Env().Undefined();
}

}  // namespace

void InitializeSysvSemaphore(Napi::Env env, Napi::Object exports) {
  exports.Set("semget", Napi::Function::New<Open>(env, "semget"));
  exports.Set("semop", Napi::Function::New<TryOperate>(env, "semop"));
  exports.Set("semopWaiting", Napi::Function::New<OperateWaiting>(env, "semopWaiting"));
  exports.Set("semopSync", Napi::Function::New<OperateSync>(env, "semopSync"));
  exports.Set("semGet", Napi::Function::New<GetOf>(env, "semGet"));
  exports.Set("semValues", Napi::Function::New<Values>(env, "semValues"));
  exports.Set("semSetValue", Napi::Function::New<SetValue>(env, "semSetValue"));
  exports.Set("semSetValues", Napi::Function::New<SetValues>(env, "semSetValues"));
  exports.Set("semStat", Napi::Function::New<Stat>(env, "semStat"));
  exports.Set("semSet", Napi::Function::New<Set>(env, "semSet"));
  exports.Set("semRemove", Napi::Function::New<Remove>(env, "semRemove"));
}

}  // namespace tsrpcgen
