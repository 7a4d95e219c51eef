#include "signal_hub.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <utility>

#include "blocking_task.h"

namespace tsrpcgen {
namespace {

// Signals belong to the process, so all of this does too.

/// One receiver, as the handler sees it. `fd` is -1 where the slot is free.
struct Slot {
  std::atomic<int> fd = -1;
  std::atomic<uint64_t> wanted = 0;
  std::atomic<uint32_t> lost = 0;
  /// Handlers that may be writing to `fd` at the moment.
  std::atomic<int> writers = 0;
};

constexpr size_t signal_count = 65;
using PlainHandler = void (*)(int);
using InfoHandler = void (*)(int, siginfo_t*, void*);

/// One signal that has receivers.
struct Taken {
  size_t receivers = 0;
  /// Never run. With it libuv believes the signal to be its own already, so that process.on() and off() neither put its
  /// handler over ours nor take ours away.
  uv_signal_t hold{};
  bool hold_made = false;
  struct sigaction before {};
  struct sigaction of_libuv {};
};

std::array<Slot, SignalSubscription::max_receivers> slots;
std::array<Taken, signal_count> taken;
/// What the handler calls after us: libuv's, which takes a number alone, or that of another copy of this addon.
std::array<std::atomic<PlainHandler>, signal_count> next_handler;
std::array<std::atomic<InfoHandler>, signal_count> next_info_handler;
std::mutex registration;

uint64_t Bit(int number) { return uint64_t{1} << static_cast<unsigned>(number - 1); }

SignalRecord RecordOf(int number, const siginfo_t& info) {
  SignalRecord record;
  record.number = number;
  record.code = info.si_code;
  const int code = info.si_code;
  bool sender = code == SI_USER || code == SI_QUEUE || code == SI_MESGQ || (number == SIGCHLD && code > 0);
#if defined(SI_TKILL)
  sender = sender || code == SI_TKILL;
#endif
  if (sender) {
    record.fields |= SignalRecord::has_sender;
    record.pid = info.si_pid;
    record.uid = info.si_uid;
  }
  if (code == SI_QUEUE || code == SI_MESGQ || code == SI_TIMER || code == SI_ASYNCIO) {
    record.fields |= SignalRecord::has_value;
    record.value = info.si_value.sival_int;
  }
  return record;
}

/// A call of the handler that goes on. Two copies of the addon may come to call each other, each with the same siginfo.
struct Call {
  std::atomic<const siginfo_t*> info = nullptr;
  std::atomic<bool> came_back = false;
};
/// As many threads handle signals at a time, or more are not watched.
std::array<Call, 32> calls;

/// @returns nothing where this copy is in a call for the same signal already
Call* Enter(const siginfo_t* info, bool& again) {
  again = false;
  for (Call& call : calls) {
    if (call.info.load() != info) continue;
    call.came_back.store(true);
    again = true;
    return nullptr;
  }
  for (Call& call : calls) {
    const siginfo_t* none = nullptr;
    if (!call.info.compare_exchange_strong(none, info)) continue;
    call.came_back.store(false);
    return &call;
  }
  return nullptr;
}

void CallNext(int number, siginfo_t* info, void* context, Call* call) {
  const InfoHandler next_info = next_info_handler.at(static_cast<size_t>(number)).load();
  if (next_info != nullptr) next_info(number, info, context);
  // Who was called calls libuv's in its turn, unless it was put over ours, and has called us.
  if (next_info != nullptr && (call == nullptr || !call->came_back.load())) return;
  const PlainHandler next = next_handler.at(static_cast<size_t>(number)).load();
  if (next != nullptr) next(number);
}

void OnSignal(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  bool again = false;
  Call* call = Enter(info, again);
  if (again) return;
  const SignalRecord record = RecordOf(number, *info);
  for (Slot& slot : slots) {
    if ((slot.wanted.load(std::memory_order_relaxed) & Bit(number)) == 0) continue;
    // The order counts: who closes sets fd first, and waits for the writers then.
    slot.writers.fetch_add(1);
    const int fd = slot.fd.load();
    if (fd >= 0 && write(fd, &record, sizeof(record)) < 0) slot.lost.fetch_add(1, std::memory_order_relaxed);
    slot.writers.fetch_sub(1);
  }
  CallNext(number, info, context, call);
  if (call != nullptr) call->info.store(nullptr);
  errno = saved_errno;
}

/// A loop that nobody runs, for the handles that hold signals. libuv finds its pipe full some day, and minds it not.
uv_loop_t* HoldingLoop() {
  static uv_loop_t loop;
  static const int error = uv_loop_init(&loop);
  return error == 0 ? &loop : nullptr;
}

PlainHandler CalledBy(const struct sigaction& action) {
  if ((action.sa_flags & SA_SIGINFO) != 0) return nullptr;
  return action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN ? nullptr : action.sa_handler;
}

InfoHandler CalledWithInfoBy(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ? action.sa_sigaction : nullptr;
}

bool IsOurs(const struct sigaction& action) { return CalledWithInfoBy(action) == OnSignal; }

bool Same(const struct sigaction& one, const struct sigaction& other) {
  return one.sa_handler == other.sa_handler && ((one.sa_flags ^ other.sa_flags) & SA_SIGINFO) == 0;
}

int Take(int number) {
  Taken& signal = taken.at(static_cast<size_t>(number));
  if (signal.receivers > 0) {
    signal.receivers += 1;
    return 0;
  }
  struct sigaction before {};
  if (sigaction(number, nullptr, &before) != 0) return errno;
  if (!signal.hold_made) {
    uv_loop_t* loop = HoldingLoop();
    if (loop == nullptr) return ENOMEM;
    const int error = uv_signal_init(loop, &signal.hold);
    if (error != 0) return -error;
    signal.hold_made = true;
  }
  const int error = uv_signal_start(
      &signal.hold, [](uv_signal_t*, int) {}, number);
  if (error != 0) return -error;
  struct sigaction now {};
  sigaction(number, nullptr, &now);
  // Left there when another was over ours, which has given it back.
  if (IsOurs(now)) {
    signal.receivers = 1;
    return 0;
  }
  signal.before = before;
  signal.of_libuv = now;
  // Where another's is between libuv's and ours, libuv's stays known: see OnSignal.
  if (CalledWithInfoBy(now) == nullptr) next_handler.at(static_cast<size_t>(number)).store(CalledBy(now));
  next_info_handler.at(static_cast<size_t>(number)).store(CalledWithInfoBy(now));
  struct sigaction action {};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  // One after the other, so that a thread's records are in order.
  sigfillset(&action.sa_mask);
  if (sigaction(number, &action, nullptr) != 0) {
    const int refused = errno;
    uv_signal_stop(&signal.hold);
    return refused;
  }
  signal.receivers = 1;
  return 0;
}

void GiveBack(int number) {
  Taken& signal = taken.at(static_cast<size_t>(number));
  signal.receivers -= 1;
  if (signal.receivers > 0) return;
  struct sigaction now {};
  sigaction(number, nullptr, &now);
  const bool ours = IsOurs(now);
  if (ours) sigaction(number, &signal.of_libuv, nullptr);
  // Where process.on() has it too, libuv's handler stays; else libuv sets the default action.
  uv_signal_stop(&signal.hold);
  // Someone has put a handler over ours: it is theirs.
  if (!ours) return;
  sigaction(number, nullptr, &now);
  const bool libuv_was_first = Same(signal.before, signal.of_libuv);
  if (!Same(now, signal.of_libuv) && !libuv_was_first) sigaction(number, &signal.before, nullptr);
}

int OpenPipe(UniqueFd& reading, UniqueFd& writing) {
  std::array<int, 2> ends{};
#if defined(__linux__)
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return errno;
#else
  if (pipe(ends.data()) != 0) return errno;
  for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
  reading = UniqueFd(ends[0]);
  writing = UniqueFd(ends[1]);
  return fcntl(writing.Get(), F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

}  // namespace

bool SignalSubscription::Allowed(int number) {
  constexpr std::array refused = {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  if (number < 1 || number >= static_cast<int>(signal_count) || number == WakeSignal()) return false;
  return std::find(refused.begin(), refused.end(), number) == refused.end();
}

std::unique_ptr<SignalSubscription> SignalSubscription::Open(const std::vector<int>& numbers, UniqueFd& reading,
                                                             int& error) {
  // Not make_unique: its constructor is its own.
  std::unique_ptr<SignalSubscription> receiver(new SignalSubscription());
  error = OpenPipe(reading, receiver->writing_);
  if (error != 0) return nullptr;
  uint64_t wanted = 0;
  {
    const std::lock_guard lock(registration);
    auto* const free = std::find_if(slots.begin(), slots.end(), [](const Slot& slot) { return slot.fd.load() < 0; });
    if (free == slots.end()) error = EMFILE;
    for (const int number : numbers) {
      if (error != 0) break;
      if ((wanted & Bit(number)) != 0) continue;
      error = Take(number);
      if (error != 0) break;
      wanted |= Bit(number);
      receiver->numbers_.push_back(number);
    }
    if (error == 0) {
      free->lost.store(0);
      free->fd.store(receiver->writing_.Get());
      free->wanted.store(wanted);
      receiver->slot_ = static_cast<size_t>(free - slots.begin());
    }
  }
  // What was taken is given back by the destructor.
  return error == 0 ? std::move(receiver) : nullptr;
}

SignalSubscription::~SignalSubscription() {
  const std::lock_guard lock(registration);
  for (const int number : numbers_) GiveBack(number);
  if (slot_ == max_receivers) return;
  Slot& slot = slots.at(slot_);
  slot.wanted.store(0);
  // The pipe stays open until no handler can write to it any more: its number may be anyone's next.
  slot.fd.store(-1);
  while (slot.writers.load() != 0) sched_yield();
}

uint32_t SignalSubscription::Lost() const { return slots.at(slot_).lost.load(std::memory_order_relaxed); }

}  // namespace tsrpcgen
