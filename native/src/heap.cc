#include "heap.h"

#include <cstdlib>
#include <cstring>
#include <mutex>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace tsrpcgen {
namespace {

#if defined(__GLIBC__)
constexpr int mebibyte = 1024 * 1024;
/// What glibc itself goes to where memory of such a size is freed.
constexpr int most_on_heap = 32 * mebibyte;
constexpr int most_kept = 64 * mebibyte;

// The environment is written where process.env is assigned to alone. mallopt takes the main arena's lock, and what it
// sets are words that malloc reads as they are. NOLINTBEGIN(concurrency-mt-unsafe)

bool IsSaid(const char* name) { return std::getenv(name) != nullptr; }

/// Whoever has started the process knows better.
bool IsMallocSet() {
  const char* tunables = std::getenv("GLIBC_TUNABLES");
  return IsSaid("MALLOC_TRIM_THRESHOLD_") || IsSaid("MALLOC_MMAP_THRESHOLD_") || IsSaid("MALLOC_TOP_PAD_") ||
         (tunables != nullptr && std::strstr(tunables, "glibc.malloc.") != nullptr);
}
#endif

void KeepFreedMemoryOf(const Napi::CallbackInfo& /*info*/) { KeepFreedMemory(); }

}  // namespace

void KeepFreedMemory() {
#if defined(__GLIBC__)
  static std::once_flag once;
  std::call_once(once, [] {
    if (IsMallocSet()) return;
    mallopt(M_MMAP_THRESHOLD, most_on_heap);
    mallopt(M_TRIM_THRESHOLD, most_kept);
  });
#endif
}

void InitializeHeap(Napi::Env env, Napi::Object exports) {
  exports.Set("keepFreedMemory", Napi::Function::New<KeepFreedMemoryOf>(env, "keepFreedMemory"));
}

// NOLINTEND(concurrency-mt-unsafe)

}  // namespace tsrpcgen
