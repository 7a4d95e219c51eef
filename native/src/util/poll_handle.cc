#include "poll_handle.h"

namespace tsrpcgen {

PollHandle::Owner PollHandle::Open(napi_env env, int fd, Listener& listener, int& error) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  auto* handle = new PollHandle(listener);
  error = uv_poll_init(loop, &handle->handle_, fd);
  if (error != 0) {
    delete handle;
    return nullptr;
  }
  // It is the environment's end that must wait for the loop: a worker's loop may not end with open handles.
  napi_add_async_cleanup_hook(env, OnEnvironmentEnd, handle, &handle->hook_);
  handle->Unref();
  return Owner(handle);
}

int PollHandle::Start(int events) {
  if (uv_is_closing(Base()) != 0) return UV_ECANCELED;
  return uv_poll_start(&handle_, events, OnPoll);
}

void PollHandle::OnPoll(uv_poll_t* handle, int status, int events) {
  auto* self = static_cast<PollHandle*>(handle->data);
  if (self->listener_ != nullptr) self->listener_->OnPoll(status, events);
}

void PollHandle::Close() {
  listener_ = nullptr;
  CloseHandle();
  Drop();
}

void PollHandle::CloseHandle() {
  if (uv_is_closing(Base()) == 0) uv_close(Base(), OnClosed);
}

void PollHandle::OnClosed(uv_handle_t* handle) {
  PollHandle* self = Of(handle);
  if (self->hook_ != nullptr) napi_remove_async_cleanup_hook(self->hook_);
  self->Drop();
}

void PollHandle::OnEnvironmentEnd(napi_async_cleanup_hook_handle /*hook*/, void* data) {
  auto* self = static_cast<PollHandle*>(data);
  self->listener_ = nullptr;
  self->CloseHandle();
}

void PollHandle::Drop() {
  holders_ -= 1;
  if (holders_ == 0) delete this;
}

}  // namespace tsrpcgen
