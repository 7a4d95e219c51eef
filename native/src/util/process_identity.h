#pragma once

#include <cstdint>

namespace tsrpcgen {

/// A process, told from others that had or will have its pid. Across users too.
struct ProcessIdentity {
  int32_t pid = 0;
  /// Clock ticks from boot to its start (Linux, /proc/PID/stat); 0: not known, and the pid alone decides.
  uint64_t start_time = 0;

  static ProcessIdentity Own();
  /// Whether it has ended: it is gone, a zombie, or its pid is another's. What can't be found out counts as alive.
  [[nodiscard]] bool Dead() const;
};

/// The inode of this process's PID namespace; 0 where there are none.
uint64_t PidNamespace();

}  // namespace tsrpcgen
