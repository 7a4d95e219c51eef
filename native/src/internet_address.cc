#include "internet_address.h"

#include <net/if.h>
#include <uv.h>

#include <array>

namespace tsrpcgen {

bool InternetAddress::Parse(const std::string& host, int port, bool ipv6) {
  // libuv's, which read the zone of a link-local address too.
  size = ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  return (ipv6 ? uv_ip6_addr(host.c_str(), port, &V6()) : uv_ip4_addr(host.c_str(), port, &V4())) == 0;
}

void InternetAddress::SetPort(int port) {
  (Family() == AF_INET6 ? V6().sin6_port : V4().sin_port) = htons(static_cast<uint16_t>(port));
}

int InternetAddress::Port() const { return ntohs(Family() == AF_INET6 ? V6().sin6_port : V4().sin_port); }

void InternetAddress::SetOn(Napi::Object object) const {
  const std::string address = Family() == AF_INET6 ? TextOf(V6().sin6_addr, V6().sin6_scope_id) : TextOf(V4().sin_addr);
  object.Set("address", Napi::String::New(object.Env(), address));
  object.Set("port", Napi::Number::New(object.Env(), Port()));
}

std::string TextOf(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  uv_inet_ntop(AF_INET, &address, text.data(), text.size());
  return text.data();
}

std::string TextOf(const in6_addr& address, uint32_t zone) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  uv_inet_ntop(AF_INET6, &address, text.data(), text.size());
  std::array<char, IF_NAMESIZE> name{};
  // Only such an address means something else on another interface.
  if (!IN6_IS_ADDR_LINKLOCAL(&address) || zone == 0 || if_indextoname(zone, name.data()) == nullptr) return text.data();
  return std::string(text.data()) + "%" + name.data();
}

}  // namespace tsrpcgen
