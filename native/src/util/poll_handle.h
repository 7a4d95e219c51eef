#pragma once

#include <napi.h>
#include <uv.h>

#include <memory>

namespace tsrpcgen {

/// A uv_poll_t on the environment's loop. libuv needs the handle until the loop has turned once more, so it outlives
/// its owner; and the environment may end before the owner does. The later of the two frees it.
class PollHandle {
 public:
  /// On the loop's thread. `status` is 0 or negative, as libuv gives it.
  class Listener {
   public:
    virtual void OnPoll(int status, int events) = 0;

   protected:
    ~Listener() = default;
  };
  struct Closer {
    void operator()(PollHandle* handle) const { handle->Close(); }
  };
  using Owner = std::unique_ptr<PollHandle, Closer>;

  /// Yields nothing, and libuv's negative error, where the descriptor can't be polled: a regular file.
  static Owner Open(napi_env env, int fd, Listener& listener, int& error);

  /// Level-triggered. @returns 0 or libuv's negative error.
  int Start(int events);
  void Stop() { uv_poll_stop(&handle_); }
  /// Whether it keeps the loop alive while it is started.
  void Ref() { uv_ref(Base()); }
  void Unref() { uv_unref(Base()); }

  PollHandle(const PollHandle&) = delete;
  PollHandle& operator=(const PollHandle&) = delete;
  PollHandle(PollHandle&&) = delete;
  PollHandle& operator=(PollHandle&&) = delete;

 private:
  explicit PollHandle(Listener& listener) : listener_(&listener) { handle_.data = this; }
  ~PollHandle() = default;

  uv_handle_t* Base() { return reinterpret_cast<uv_handle_t*>(&handle_); }
  static PollHandle* Of(uv_handle_t* handle) { return static_cast<PollHandle*>(handle->data); }
  static void OnPoll(uv_poll_t* handle, int status, int events);
  static void OnClosed(uv_handle_t* handle);
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* data);
  void Close();
  void CloseHandle();
  void Drop();

  uv_poll_t handle_{};
  Listener* listener_;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  /// The owner, and the loop.
  int holders_ = 2;
};

}  // namespace tsrpcgen
