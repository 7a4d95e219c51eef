#include "mapping.h"

#include <sys/mman.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/magic.h>
#include <sys/vfs.h>
#endif

#include <cerrno>
#include <optional>
#include <utility>

#include "instance.h"
#include "util/accessors.h"
#include "util/arguments.h"
#include "util/blocking_task.h"
#include "util/error.h"
#include "util/held_buffer.h"

namespace tsrpcgen {
namespace {

/// They can be unmapped only whole, and the guard replaces pages of the usual size: a memfd that came from someone else
/// may have them.
bool HasHugePages(int fd) {
#if defined(__linux__)
  struct statfs system {};
  return fstatfs(fd, &system) == 0 && system.f_type == HUGETLBFS_MAGIC;
#else
  static_cast<void>(fd);
  return false;
#endif
}

size_t PageBytes() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

/// What the collector takes a mapping for, so that it looks for garbage long before there are no more ranges to guard.
constexpr int64_t collector_bytes = 65'536;

/// A part of a mapping, as msync takes it.
struct Part {
  std::shared_ptr<Pages> pages;
  uint8_t* begin = nullptr;
  size_t size = 0;
};

std::optional<Part> PartArguments(const Napi::CallbackInfo& info) {
  std::shared_ptr<Pages> pages = Mapping::Argument(info, 0, "msync");
  if (!pages) return std::nullopt;
  const auto offset = SizeArgument(info, 1, "offset");
  if (!offset) return std::nullopt;
  const auto length = SizeArgument(info, 2, "length");
  if (!length) return std::nullopt;
  if (*offset > pages->Size() || *length > pages->Size() - *offset) {
    ThrowSystemError(info.Env(), EINVAL, "msync");
    return std::nullopt;
  }
  // The kernel wants the address of a page.
  const size_t into_page = *offset % PageBytes();
  return Part{pages, pages->Data() + *offset - into_page, *length + into_page};
}

/// Waits for the disk, which no signal cuts short. Holds the memory meanwhile.
class SyncTask final : public BlockingTask {
 public:
  explicit SyncTask(Part part) : part_(std::move(part)) {}
  int Attempt() override { return msync(part_.begin, part_.size, MS_SYNC) == 0 ? 0 : errno; }
  [[nodiscard]] const char* Syscall() const override { return "msync"; }

 private:
  Part part_;
};

/// msync(mapping, offset, length): begins to write back, and does not wait (MS_ASYNC)
Napi::Value Sync(const Napi::CallbackInfo& info) {
  const auto part = PartArguments(info);
  if (part && msync(part->begin, part->size, MS_ASYNC) != 0) return Fail(info.Env(), errno, "msync");
  return info.Env().Undefined();
}

/// msyncWaiting(mapping, offset, length, callback): see WaitThreads::Start
Napi::Value SyncWaiting(const Napi::CallbackInfo& info) {
  auto part = PartArguments(info);
  if (!part) return info.Env().Undefined();
  const auto callback = FunctionArgument(info, 3, "callback");
  if (!callback) return info.Env().Undefined();
  return Instance::Threads(info.Env()).Start(info.Env(), std::make_unique<SyncTask>(std::move(*part)), *callback);
}

/// msyncSync(mapping, offset, length)
Napi::Value SyncSync(const Napi::CallbackInfo& info) {
  auto part = PartArguments(info);
  if (!part) return info.Env().Undefined();
  SyncTask task(std::move(*part));
  return RunBlocking(info.Env(), task, Deadline::Never());
}

Napi::Value PageSize(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(PageBytes()));
}

}  // namespace

Napi::Function Mapping::Define(Napi::Env env) {
  Napi::Function constructor = DefineClass(
      env, "Mapping",
      {InstanceMethod<&Mapping::Buffer>("buffer", napi_configurable),
       InstanceMethod<&Mapping::ByteLength>("byteLength", napi_configurable),
       InstanceMethod<&Mapping::Key>("key", napi_configurable),
       InstanceMethod<&Mapping::LostPages>("lostPages", napi_configurable), InstanceMethod<&Mapping::Close>("close")});
  MakeAccessors(constructor, {"buffer", "byteLength", "key", "lostPages"});
  return constructor;
}

Mapping::Mapping(const Napi::CallbackInfo& info)
    : ObjectWrap(info), pages_(std::move(Instance::Of(info.Env()).mapped)) {
  if (!pages_) {
    Throw(Napi::TypeError::New(info.Env(), "a Mapping is made by what maps"));
    return;
  }
  // A worker that is being terminated: nothing ties the two together, and nobody would ever delete this.
  if (IsEmpty()) {
    pages_.reset();
    return;
  }
  known_ = {Instance::Of(info.Env()).mappings, this};
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), collector_bytes);
}

Napi::Value Mapping::New(Napi::Env env, std::shared_ptr<Pages> pages) {
  if (!pages) return Fail(env, ENOMEM, "mmap");
  Instance& instance = Instance::Of(env);
  instance.mapped = std::move(pages);
  const Napi::Value made = instance.mapping.New({});
  // Where it was not made, nobody else has them.
  instance.mapped.reset();
  return made;
}

Napi::Value Mapping::Map(Napi::Env env, int fd, size_t size, int64_t offset, bool shared, bool writable) {
  if (size == 0) return Fail(env, EINVAL, "mmap");
  if (HasHugePages(fd)) return Fail(env, ENOTSUP, "mmap");
  const int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* address = mmap(nullptr, size, protection, shared ? MAP_SHARED : MAP_PRIVATE, fd, offset);
  if (address == MAP_FAILED) return Fail(env, errno, "mmap");
  return New(env, Pages::Adopt(address, size, Pages::Kind::Mapped, writable));
}

std::shared_ptr<Pages> Mapping::Argument(const Napi::CallbackInfo& info, size_t index, const char* syscall) {
  const Mapping* self = Instance::Of(info.Env()).mappings->Find(info[index]);
  if (self == nullptr) {
    Throw(Napi::TypeError::New(info.Env(), "a Mapping is expected"));
    return nullptr;
  }
  if (!self->pages_) ThrowSystemError(info.Env(), EBADF, syscall);
  return self->pages_;
}

Napi::Value Mapping::Buffer(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!pages_) return Fail(env, EBADF, "mmap");
  if (!buffer_.IsEmpty()) {
    Napi::ArrayBuffer made = buffer_.Value();
    if (!made.IsEmpty()) return made;
  }
  using Hold = std::shared_ptr<Pages>;
  // Two holds. What is behind the buffer may move on to another one (ArrayBuffer.prototype.transfer).
  const Napi::ArrayBuffer made = HeldBuffer(env, pages_->Data(), pages_->Size(), pages_);
  if (made.IsEmpty()) return env.Undefined();
  // And a view that is detached may be in use on another thread: Node's own zlib or fs has only its address.
  made.AddFinalizer([](Napi::BasicEnv /*env*/, Hold* hold) { delete hold; }, new Hold(pages_));
  buffer_ = Napi::Weak(made);
  return made;
}

Napi::Value Mapping::Key(const Napi::CallbackInfo& info) { return Living<Mapping>::KeyOf(info.Env(), this); }

Napi::Value Mapping::ByteLength(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), pages_ ? static_cast<double>(pages_->Size()) : 0);
}

Napi::Value Mapping::LostPages(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), pages_ ? static_cast<double>(pages_->Lost()) : 0);
}

void Mapping::Close(const Napi::CallbackInfo& info) {
  if (!buffer_.IsEmpty()) {
    Napi::ArrayBuffer made = buffer_.Value();
    if (!made.IsEmpty() && !made.IsDetached()) {
      made.Detach();
      // Ours, and the buffer's two: no task works in it. (Other threads only let go.)
      if (pages_.use_count() <= 3) pages_->Withdraw();
    }
    buffer_.Reset();
  }
  LetGo(info.Env());
}

void Mapping::Finalize(Napi::BasicEnv env) { LetGo(env); }

void Mapping::LetGo(Napi::BasicEnv env) {
  if (!pages_) return;
  pages_.reset();
  Napi::MemoryManagement::AdjustExternalMemory(env, -collector_bytes);
}

void InitializeMapping(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = Mapping::Define(env);
  Instance::Of(env).mapping = Napi::Persistent(constructor);
  exports.Set("Mapping", constructor);
  exports.Set("msync", Napi::Function::New<Sync>(env, "msync"));
  exports.Set("msyncWaiting", Napi::Function::New<SyncWaiting>(env, "msyncWaiting"));
  exports.Set("msyncSync", Napi::Function::New<SyncSync>(env, "msyncSync"));
  exports.Set("pageSize", Napi::Function::New<PageSize>(env, "pageSize"));
}

}  // namespace tsrpcgen
