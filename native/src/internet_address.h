#pragma once

#include <napi.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace tsrpcgen {

/// An address and port of either family.
struct InternetAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] int Family() const { return storage.ss_family; }
  [[nodiscard]] const sockaddr* Get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* Get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] const sockaddr_in& V4() const { return reinterpret_cast<const sockaddr_in&>(storage); }
  [[nodiscard]] sockaddr_in& V4() { return reinterpret_cast<sockaddr_in&>(storage); }
  [[nodiscard]] const sockaddr_in6& V6() const { return reinterpret_cast<const sockaddr_in6&>(storage); }
  [[nodiscard]] sockaddr_in6& V6() { return reinterpret_cast<sockaddr_in6&>(storage); }

  /// @returns whether `host` is a numeric address of the family; a zone (fe80::1%eth0) belongs to it
  [[nodiscard]] bool Parse(const std::string& host, int port, bool ipv6);
  void SetPort(int port);
  [[nodiscard]] int Port() const;
  /// Sets `address` and `port` of an object.
  void SetOn(Napi::Object object) const;
};

std::string TextOf(const in_addr& address);
/// With the zone's name, where the address is link-local.
std::string TextOf(const in6_addr& address, uint32_t zone);

}  // namespace tsrpcgen
