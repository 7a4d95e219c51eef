#include "pipe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "descriptor.h"
#include "instance.h"
#include "util/arguments.h"
#include "util/blocking_task.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

/// pipe(): [reading Descriptor, writing Descriptor]
Napi::Value Pipe(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::array<int, 2> ends{};
#if defined(__linux__)
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return Fail(env, errno, "pipe2");
#else
  if (pipe(ends.data()) != 0) return Fail(env, errno, "pipe");
  for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  Napi::Array both = Napi::Array::New(env, 2);
  both.Set(0U, Descriptor::New(env, std::move(reading)));
  both.Set(1U, Descriptor::New(env, std::move(writing)));
  return both;
}

Napi::Value MakeFifo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto path = StringArgument(info, 0, "path");
  if (!path) return env.Undefined();
  const auto mode = Int32Argument(info, 1, "mode");
  if (!mode) return env.Undefined();
  if (mkfifo(path->c_str(), static_cast<mode_t>(*mode)) != 0) return Fail(env, errno, "mkfifo");
  return env.Undefined();
}

/// @returns 0 or errno. What is no FIFO is refused, and not even opened: to open a device may do something to it.
int OpenFifoEnd(const std::string& path, bool writing, int flags, UniqueFd& opened) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return errno;
  if (!S_ISFIFO(status.st_mode)) return EINVAL;
  opened = UniqueFd(open(path.c_str(), (writing ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NOCTTY | flags));
  if (!opened.Valid()) return errno;
  // The path may be another file's by now.
  if (fstat(opened.Get(), &status) != 0) return errno;
  return S_ISFIFO(status.st_mode) ? 0 : EINVAL;
}

/// openFifo(path, writing): a Descriptor; undefined where it is to be written to and nobody reads.
Napi::Value OpenFifo(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto path = StringArgument(info, 0, "path");
  if (!path) return env.Undefined();
  const auto writing = BooleanArgument(info, 1, "writing");
  if (!writing) return env.Undefined();
  UniqueFd opened;
  const int error = OpenFifoEnd(*path, *writing, O_NONBLOCK, opened);
  if (error == ENXIO && *writing) return env.Undefined();
  if (error != 0) return Fail(env, error, "open");
  return Descriptor::New(env, std::move(opened));
}

/// Opening one end of a FIFO, which waits for the other.
class OpenTask final : public BlockingTask {
 public:
  OpenTask(std::string path, bool writing) : path_(std::move(path)), writing_(writing) {}
  int Attempt() override { return OpenFifoEnd(path_, writing_, 0, opened_); }
  Napi::Value Result(Napi::Env env) override { return Descriptor::New(env, std::move(opened_)); }
  [[nodiscard]] const char* Syscall() const override { return "open"; }

 private:
  std::string path_;
  bool writing_;
  UniqueFd opened_;
};

std::unique_ptr<OpenTask> OpenTaskOf(const Napi::CallbackInfo& info) {
  auto path = StringArgument(info, 0, "path");
  if (!path) return nullptr;
  const auto writing = BooleanArgument(info, 1, "writing");
  if (!writing) return nullptr;
  return std::make_unique<OpenTask>(std::move(*path), *writing);
}

/// openFifoWaiting(path, writing, callback): see WaitThreads::Start.
Napi::Value OpenFifoWaiting(const Napi::CallbackInfo& info) {
  auto task = OpenTaskOf(info);
  if (!task) return info.Env().Undefined();
  const auto callback = FunctionArgument(info, 2, "callback");
  if (!callback) return info.Env().Undefined();
  return Instance::Threads(info.Env()).Start(info.Env(), std::move(task), *callback);
}

/// openFifoSync(path, writing, timeoutMs): a Descriptor
Napi::Value OpenFifoSync(const Napi::CallbackInfo& info) {
  const auto task = OpenTaskOf(info);
  if (!task) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  return RunBlocking(info.Env(), *task, *deadline);
}

Napi::Value PipeCapacity(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "fcntl");
  if (descriptor == nullptr) return info.Env().Undefined();
#if defined(F_GETPIPE_SZ)
  const int bytes = fcntl(descriptor->Fd(), F_GETPIPE_SZ);
  if (bytes < 0) return Fail(info.Env(), errno, "fcntl");
  return Napi::Number::New(info.Env(), bytes);
#else
  return Fail(info.Env(), ENOTSUP, "fcntl");
#endif
}

/// setPipeCapacity(descriptor, bytes): what it is now, at least `bytes`.
Napi::Value SetPipeCapacity(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "fcntl");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto wanted = Int32Argument(info, 1, "bytes");
  if (!wanted) return info.Env().Undefined();
#if defined(F_SETPIPE_SZ)
  const int bytes = fcntl(descriptor->Fd(), F_SETPIPE_SZ, *wanted);
  if (bytes < 0) return Fail(info.Env(), errno, "fcntl");
  return Napi::Number::New(info.Env(), bytes);
#else
  return Fail(info.Env(), ENOTSUP, "fcntl");
#endif
}

}  // namespace

void InitializePipe(Napi::Env env, Napi::Object exports) {
  exports.Set("pipe", Napi::Function::New<Pipe>(env, "pipe"));
  exports.Set("mkfifo", Napi::Function::New<MakeFifo>(env, "mkfifo"));
  exports.Set("openFifo", Napi::Function::New<OpenFifo>(env, "openFifo"));
  exports.Set("openFifoWaiting", Napi::Function::New<OpenFifoWaiting>(env, "openFifoWaiting"));
  exports.Set("openFifoSync", Napi::Function::New<OpenFifoSync>(env, "openFifoSync"));
  exports.Set("pipeCapacity", Napi::Function::New<PipeCapacity>(env, "pipeCapacity"));
  exports.Set("setPipeCapacity", Napi::Function::New<SetPipeCapacity>(env, "setPipeCapacity"));
}

}  // namespace tsrpcgen
