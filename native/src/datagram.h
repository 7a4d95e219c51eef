#pragma once

#include <napi.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "internet_address.h"
#include "util/arguments.h"

namespace tsrpcgen {

/// Asks for the address that each datagram was sent to, where the system can tell. @returns 0 or errno
int TellDestination(int fd, bool ipv6);

/// The value of a control message, where it is of that kind and whole: one that there was no room for is cut.
template <typename Value>
bool ReadControl(const cmsghdr& part, int level, int type, Value& value) {
  if (part.cmsg_level != level || part.cmsg_type != type || part.cmsg_len < CMSG_LEN(sizeof(value))) return false;
  std::memcpy(&value, CMSG_DATA(&part), sizeof(value));
  return true;
}

/// One udp datagram on its way: its header points at its members, so it stays where it is.
class Datagram {
 public:
  Datagram() = default;
  ~Datagram() = default;
  Datagram(const Datagram&) = delete;
  Datagram& operator=(const Datagram&) = delete;
  Datagram(Datagram&&) = delete;
  Datagram& operator=(Datagram&&) = delete;

  msghdr& ToReceive(uint8_t* space, size_t size);
  /// Takes the message { bytes, ipv6, address, port, from? }, whose getters may run. @returns false with an error
  /// pending
  bool Read(Napi::Env env, Napi::Value message);
  /// What was read, where its bytes lie: valid until JavaScript runs again.
  msghdr& ToSend();

  /// { size, truncated, address, port, to?, interface? }, from what recvmsg left in `header`.
  Napi::Value ToJavaScript(Napi::Env env, msghdr& header, size_t size) const;

 private:
  void SetPart(uint8_t* data, size_t size);
  /// @returns 0, or ENOTSUP where the system knows no way
  int SetSource(const InternetAddress& from);
  template <typename Value>
  void SetControl(int level, int type, const Value& value);

  static constexpr size_t control_bytes = 128;
  InternetAddress address_;
  /// As a Uint8Array it would remember where its bytes were.
  Napi::Value bytes_;
  iovec part_{};
  msghdr header_{};
  alignas(cmsghdr) std::array<uint8_t, control_bytes> control_{};
};

}  // namespace tsrpcgen
