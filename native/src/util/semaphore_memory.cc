#include "semaphore_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "glibc_semaphore.h"
#include "unique_fd.h"

namespace tsrpcgen {
namespace {

#if defined(TSRPCGEN_GLIBC_SEMAPHORE)

bool Ours() {
  static const bool known = GlibcSemaphore::LayoutIsKnown();
  return known;
}

/// The file behind the name, mapped by ourselves: what glibc has mapped once it gives again, also where it is gone.
std::shared_ptr<Pages> MapNamed(const std::string& name, int& error) {
  // glibc leaves out all of them at the beginning, and refuses a name of nothing else.
  const std::string bare = name.substr(name.find_first_not_of('/'));
  const UniqueFd file(shm_open(("/sem." + bare).c_str(), O_RDWR | O_CLOEXEC, 0));
  struct stat status {};
  if (!file.Valid() || fstat(file.Get(), &status) != 0) {
    error = errno;
    return nullptr;
  }
  // Cut, or none.
  if (status.st_size < static_cast<off_t>(sizeof(sem_t))) {
    error = EINVAL;
    return nullptr;
  }
  void* address = mmap(nullptr, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED, file.Get(), 0);
  if (address == MAP_FAILED) {
    error = errno;
    return nullptr;
  }
  auto pages = Pages::Adopt(address, sizeof(sem_t), Pages::Kind::Mapped, true);
  if (!pages) error = ENOMEM;
  return pages;
}

#endif

int Result(int returned) { return returned == 0 ? 0 : errno; }

}  // namespace

SemaphoreMemory::SemaphoreMemory(std::shared_ptr<Pages> pages) : pages_(std::move(pages)) {}

SemaphoreMemory::SemaphoreMemory(sem_t* opened)
    : opened_(opened), guard_(std::make_unique<FaultGuard>(opened, sizeof(sem_t), true)) {}

SemaphoreMemory::~SemaphoreMemory() {
  if (opened_ == nullptr) return;
  guard_->Remove();
  sem_close(opened_);
}

std::shared_ptr<SemaphoreMemory> SemaphoreMemory::Open(const std::string& name, int flags, unsigned mode,
                                                       unsigned value, int& error) {
  // It makes a new one in a way that nobody sees it half made.
  sem_t* opened = sem_open(name.c_str(), flags, mode, value);
  if (opened == SEM_FAILED) {
    error = errno;
    return nullptr;
  }
#if defined(TSRPCGEN_GLIBC_SEMAPHORE)
  if (Ours()) {
    sem_close(opened);
    auto pages = MapNamed(name, error);
    return pages ? std::shared_ptr<SemaphoreMemory>(new SemaphoreMemory(std::move(pages))) : nullptr;
  }
#endif
  std::shared_ptr<SemaphoreMemory> memory(new SemaphoreMemory(opened));
  if (memory->guard_->Registered()) return memory;
  error = ENOMEM;
  return nullptr;
}

int SemaphoreMemory::Checked(int error) const {
  const size_t lost = pages_ ? pages_->Lost() : guard_->Lost();
  return lost == 0 ? error : ENOTRECOVERABLE;
}

int SemaphoreMemory::TryWait() {
#if defined(TSRPCGEN_GLIBC_SEMAPHORE)
  if (pages_) return Checked(GlibcSemaphore(pages_->Data()).TryWait());
#endif
  return Checked(Result(sem_trywait(opened_)));
}

int SemaphoreMemory::Wait() {
#if defined(TSRPCGEN_GLIBC_SEMAPHORE)
  if (pages_) {
    const int error = GlibcSemaphore(pages_->Data()).Wait([this] { return pages_->Lost() > 0; });
    // The futex found no memory: nor will anything else.
    return error == EFAULT ? ENOTRECOVERABLE : Checked(error);
  }
#endif
  return Checked(Result(sem_wait(opened_)));
}

int SemaphoreMemory::Post() {
#if defined(TSRPCGEN_GLIBC_SEMAPHORE)
  if (pages_) return Checked(GlibcSemaphore(pages_->Data()).Post());
#endif
  return Checked(Result(sem_post(opened_)));
}

int SemaphoreMemory::Value(int& value) {
#if defined(TSRPCGEN_GLIBC_SEMAPHORE)
  if (pages_) {
    value = GlibcSemaphore(pages_->Data()).Value();
    return Checked(0);
  }
#endif
#if defined(__APPLE__)
  static_cast<void>(value);
  return ENOTSUP;
#else
  return Checked(Result(sem_getvalue(opened_, &value)));
#endif
}

}  // namespace tsrpcgen
