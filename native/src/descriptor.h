#pragma once

#include <napi.h>

#include <optional>

#include "util/living.h"
#include "util/poll_handle.h"
#include "util/unique_fd.h"

namespace tsrpcgen {

/// A descriptor as JavaScript owns it: closed by `close()`, or when it is garbage.
///
///   fd          the number; -1 once closed
///   key         what functions take instead of this: see Living::KeyOf
///   close()     again: nothing happens
///   release()   the number, which is the caller's now
///   wait(e)     keeps the loop alive, and calls `onReady(events)` each time that one of the events (1 readable,
///               2 writable) is there, until rest(); an error of the descriptor counts as both
///   rest()      nobody waits any more. The loop goes on watching until something comes, since who waits again soon
///               would pay two calls of the kernel for it
///   unref()     the wait that is under way no longer keeps the loop alive
class Descriptor final : public Napi::ObjectWrap<Descriptor>, private PollHandle::Listener {
 public:
  explicit Descriptor(const Napi::CallbackInfo& info);

  static Napi::Function Define(Napi::Env env);
  /// A new one that owns `fd`.
  static Napi::Value New(Napi::Env env, UniqueFd fd);
  /// The one at `index`. Leaves a TypeError pending, or EBADF where it is closed, and yields nothing.
  static Descriptor* Argument(const Napi::CallbackInfo& info, size_t index, const char* syscall);

  [[nodiscard]] int Fd() const { return fd_.Get(); }
  /// Sets O_NONBLOCK, which stays: for whatever must not wait. @returns 0 or errno
  int MakeNonBlocking();
  [[nodiscard]] bool NonBlocking() const { return non_blocking_; }

 private:
  Napi::Value GetFd(const Napi::CallbackInfo& info);
  Napi::Value Key(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  Napi::Value Release(const Napi::CallbackInfo& info);
  void Wait(const Napi::CallbackInfo& info);
  void Rest(const Napi::CallbackInfo& info);
  void UnrefWait(const Napi::CallbackInfo& info);
  void OnPoll(int status, int events) override;
  void StopPolling();

  Living<Descriptor>::Membership known_;
  bool non_blocking_ = false;
  bool waiting_ = false;
  int watched_ = 0;
  UniqueFd fd_;
  // After fd_, so destroyed before it: what is polled must be open.
  PollHandle::Owner poll_;
};

/// Adds the class, and `duplicateDescriptor(fd)`: another descriptor, above those of stdin, stdout and stderr, for the
/// same open file.
void InitializeDescriptor(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
