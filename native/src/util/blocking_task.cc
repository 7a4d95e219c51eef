#include "blocking_task.h"

#include <signal.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include <cerrno>
#include <optional>

#include "error.h"

namespace tsrpcgen {
namespace {

void Ignore(int /*signal*/) {}

#if defined(__linux__)

/// musl names the field as timer_create(2) does; glibc 2.36 does not.
void SetThread(sigevent& event, pid_t thread) {
#if defined(sigev_notify_thread_id)
  event.sigev_notify_thread_id = thread;
#else
  event._sigev_un._tid = thread;
#endif
}

/// Sends the wake signal to this thread at the deadline, and again and again after it: the first may come just before
/// the thread begins to wait.
class Alarm {
 public:
  explicit Alarm(Deadline deadline) {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = WakeSignal();
    SetThread(event, static_cast<pid_t>(syscall(SYS_gettid)));
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) {
      error_ = errno;
      return;
    }
    made_ = true;
    itimerspec times{};
    times.it_value = deadline.Remaining();
    // All zero would mean: no alarm.
    if (times.it_value.tv_sec == 0 && times.it_value.tv_nsec == 0) times.it_value.tv_nsec = 1;
    times.it_interval.tv_nsec = repeat_ns;
    if (timer_settime(timer_, 0, &times, nullptr) != 0) error_ = errno;
  }
  ~Alarm() {
    if (made_) timer_delete(timer_);
  }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  Alarm(Alarm&&) = delete;
  Alarm& operator=(Alarm&&) = delete;
  [[nodiscard]] int Error() const { return error_; }

 private:
  static constexpr long repeat_ns = 2'000'000;
  timer_t timer_{};
  bool made_ = false;
  int error_ = 0;
};

#else

class Alarm {
 public:
  explicit Alarm(Deadline /*deadline*/) {}
  [[nodiscard]] static int Error() { return ENOTSUP; }
};

#endif

int Run(BlockingTask& task, Deadline deadline) {
  std::optional<Alarm> alarm;
  if (deadline.Bounded()) {
    alarm.emplace(deadline);
    if (alarm->Error() != 0) return alarm->Error();
  }
  for (;;) {
    const int error = task.Attempt();
    if (error != EINTR) return error;
    if (deadline.Passed()) return ETIMEDOUT;
  }
}

}  // namespace

int WakeSignal() {
#if defined(SIGRTMAX)
  // Far from those that people and debuggers take first.
  static const int number = SIGRTMAX - 3;
#else
  static const int number = SIGURG;
#endif
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_handler = Ignore;
    // Without SA_RESTART: the call must return.
    return sigaction(number, &action, nullptr) == 0;
  }();
  static_cast<void>(installed);
  return number;
}

Napi::Value RunBlocking(Napi::Env env, BlockingTask& task, Deadline deadline) {
  const int error = Run(task, deadline);
  return error == 0 ? task.Result(env) : Fail(env, error, task.Syscall());
}

}  // namespace tsrpcgen
