#include "wait_threads.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "call_javascript.h"
#include "error.h"

namespace tsrpcgen {
namespace {

/// Threads that are kept without work. More of them would only lie about; fewer would be made anew at each wait.
constexpr size_t max_idle_threads = 4;
/// A wait needs little of it.
constexpr size_t stack_bytes = size_t{256} * 1024;
/// The wake signal is sent again until it was heard: the first may come just before the thread begins to wait.
constexpr std::chrono::microseconds repeat_signal{200};

}  // namespace

/// A wait that goes on, or whose callback is still to be called.
struct WaitThreads::Wait {
  WaitThreads* threads = nullptr;
  uint64_t id = 0;
  bool referenced = true;
  std::unique_ptr<BlockingTask> task;
  Napi::FunctionReference callback;
  std::unique_ptr<Thread> thread;
  /// What the task ended with. Read once the thread is done.
  int error = 0;
};

class WaitThreads::Thread {
 public:
  explicit Thread(Delivery delivery) : delivery_(delivery) {}
  ~Thread() {
    if (!started_) return;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    pthread_join(thread_, nullptr);
  }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  Thread(Thread&&) = delete;
  Thread& operator=(Thread&&) = delete;

  int Begin() {
    // It inherits the mask: what the process handles by signals is for other threads.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigdelset(&all, WakeSignal());
    // The kernel ends a process whose thread faults with the signal masked: guarded memory would be none here.
    for (const int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    const int error = pthread_create(&thread_, &attributes, Main, this);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    started_ = error == 0;
    return error;
  }

  void Run(Wait* wait) {
    {
      const std::lock_guard lock(mutex_);
      cancelled_ = false;
      wait_ = wait;
    }
    changed_.notify_all();
  }

  /// @returns whether the wait ended without its call having been made
  bool Cancel() {
    std::unique_lock lock(mutex_);
    cancelled_ = true;
    while (wait_ != nullptr) {
      pthread_kill(thread_, WakeSignal());
      changed_.wait_for(lock, repeat_signal);
    }
    return ended_by_cancel_;
  }

 private:
  static void* Main(void* self) {
    static_cast<Thread*>(self)->Loop();
    return nullptr;
  }

  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return wait_ != nullptr || ended_; });
      if (wait_ == nullptr) return;
      Wait* wait = wait_;
      lock.unlock();
      int error = EINTR;
      while (error == EINTR && !cancelled_) error = wait->task->Attempt();
      wait->error = error;
      lock.lock();
      ended_by_cancel_ = error == EINTR;
      // From here the wait may be gone, where the canceller holds it.
      wait_ = nullptr;
      const bool deliver = !ended_by_cancel_;
      changed_.notify_all();
      if (deliver) delivery_.NonBlockingCall(wait);
    }
  }

  Delivery delivery_;
  pthread_t thread_{};
  bool started_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  Wait* wait_ = nullptr;
  bool ended_ = false;
  bool ended_by_cancel_ = false;
  std::atomic<bool> cancelled_ = false;
};

WaitThreads::WaitThreads(Napi::Env env)
    : env_(env), delivery_(Delivery::New(env, "tsrpcgen.wait", 0, 1, static_cast<std::nullptr_t*>(nullptr))) {
  delivery_.Unref(env);
  // After the thread-safe function's own hook, so called before it: its queue is there while threads end.
  env.AddCleanupHook([](WaitThreads* self) { self->Stop(); }, this);
}

WaitThreads::~WaitThreads() = default;

void WaitThreads::Stop() {
  stopped_ = true;
  for (const auto& [id, wait] : waits_) wait->thread->Cancel();
  waits_.clear();
  idle_.clear();
  delivery_.Release();
}

Napi::Value WaitThreads::Start(Napi::Env env, std::unique_ptr<BlockingTask> task, Napi::Function callback) {
  if (stopped_) return Fail(env, ECANCELED, task->Syscall());
  std::unique_ptr<Thread> thread;
  if (idle_.empty()) {
    thread = std::make_unique<Thread>(delivery_);
    const int error = thread->Begin();
    if (error != 0) return Fail(env, error, "pthread_create");
  } else {
    thread = std::move(idle_.back());
    idle_.pop_back();
  }
  auto wait = std::make_unique<Wait>();
  Wait* started = wait.get();
  const uint64_t id = ++last_id_;
  wait->threads = this;
  wait->id = id;
  wait->task = std::move(task);
  wait->callback = Napi::Persistent(callback);
  wait->thread = std::move(thread);
  if (referenced_ == 0) delivery_.Ref(env);
  referenced_ += 1;
  waits_.emplace(id, std::move(wait));
  started->thread->Run(started);
  return Napi::Number::New(env, static_cast<double>(id));
}

bool WaitThreads::Cancel(uint64_t id) {
  const auto held = waits_.find(id);
  if (held == waits_.end() || !held->second->thread->Cancel()) return false;
  Finish(id);
  return true;
}

void WaitThreads::Finish(uint64_t id) {
  const auto held = waits_.find(id);
  if (idle_.size() < max_idle_threads) idle_.push_back(std::move(held->second->thread));
  Unreference(*held->second);
  waits_.erase(held);
}

void WaitThreads::Unref(uint64_t id) {
  const auto held = waits_.find(id);
  if (held != waits_.end()) Unreference(*held->second);
}

void WaitThreads::Unreference(Wait& wait) {
  if (!std::exchange(wait.referenced, false)) return;
  referenced_ -= 1;
  if (referenced_ == 0) delivery_.Unref(env_);
}

void WaitThreads::Deliver(Napi::Env env, Napi::Function /*none*/, std::nullptr_t* /*context*/, Wait* wait) {
  // The environment ends: the wait is gone.
  if (env == nullptr) return;
  const Napi::HandleScope scope(env);
  const Napi::Function callback = wait->callback.Value();
  const int error = wait->error;
  const Napi::Value failure = error == 0 ? env.Undefined() : SystemError(env, error, wait->task->Syscall()).Value();
  const Napi::Value result = error == 0 ? wait->task->Result(env) : env.Undefined();
  wait->threads->Finish(wait->id);
  CallJavaScript(env.Global(), callback, {failure, result});
}

}  // namespace tsrpcgen
