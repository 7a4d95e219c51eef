#include "process_identity.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "unique_fd.h"

namespace tsrpcgen {
namespace {

struct Stat {
  char state;
  uint64_t start_time;
};

/// Fields 3 and 22 of /proc/PID/stat.
std::optional<Stat> ReadStat(int32_t pid) {
  std::array<char, 32> path{};
  // A pid has ten digits at most.
  static_cast<void>(std::snprintf(path.data(), path.size(), "/proc/%d/stat", pid));
  const UniqueFd file(open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!file.Valid()) return std::nullopt;
  std::array<char, 1024> text{};
  ssize_t size = read(file.Get(), text.data(), text.size() - 1);
  while (size < 0 && errno == EINTR) size = read(file.Get(), text.data(), text.size() - 1);
  if (size <= 0) return std::nullopt;
  // The second field, the program's name in parentheses, may hold spaces and parentheses itself.
  const char* field = std::strrchr(text.data(), ')');
  if (field == nullptr || field[1] == '\0' || field[2] == '\0') return std::nullopt;
  field += 2;
  const char state = *field;
  for (int number = 3; number < 22; number += 1) {
    field = std::strchr(field, ' ');
    if (field == nullptr) return std::nullopt;
    field += 1;
  }
  return Stat{state, std::strtoull(field, nullptr, 10)};
}

bool IsGone(int32_t pid) { return kill(pid, 0) != 0 && errno == ESRCH; }

}  // namespace

ProcessIdentity ProcessIdentity::Own() {
  const auto pid = static_cast<int32_t>(getpid());
  const auto stat = ReadStat(pid);
  return ProcessIdentity{pid, stat ? stat->start_time : 0};
}

bool ProcessIdentity::Dead() const {
  // 0 and negative ones are groups to kill().
  if (pid <= 0) return true;
  if (IsGone(pid)) return true;
  const auto stat = ReadStat(pid);
  // Gone meanwhile; or there, where /proc hides it.
  if (!stat) return IsGone(pid);
  if (stat->state == 'Z' || stat->state == 'X') return true;
  return start_time != 0 && stat->start_time != start_time;
}

uint64_t PidNamespace() {
  struct stat status {};
  return stat("/proc/self/ns/pid", &status) == 0 ? static_cast<uint64_t>(status.st_ino) : 0;
}

}  // namespace tsrpcgen
