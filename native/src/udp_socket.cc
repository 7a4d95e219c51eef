#include "udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <uv.h>

#include <cerrno>
#include <optional>
#include <string>

#include "util/arguments.h"
#include "util/error.h"
#include "util/reuse_port.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

#if defined(TSRPCGEN_REUSEPORT)

bool Enable(int fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

/// An address of either family, as `bind` wants it. By way of void: the kernel looks at the family alone to know which
/// it is.
template <typename Address>
bool BindTo(int fd, const Address& address) {
  return bind(fd, static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof(address)) == 0;
}

Napi::Value Bind(Napi::Env env, const std::string& host, int port, bool ipv6) {
  // libuv's, which read the zone of a link-local address too: fe80::1%eth0.
  sockaddr_in6 v6{};
  sockaddr_in v4{};
  const int invalid = ipv6 ? uv_ip6_addr(host.c_str(), port, &v6) : uv_ip4_addr(host.c_str(), port, &v4);
  if (invalid != 0) return Fail(env, EINVAL, "bind");
  UniqueFd fd(socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.Valid()) return Fail(env, errno, "socket");
  if (ipv6 && !Enable(fd.Get(), IPPROTO_IPV6, IPV6_V6ONLY)) return Fail(env, errno, "setsockopt");
  if (!Enable(fd.Get(), SOL_SOCKET, TSRPCGEN_REUSEPORT)) return Fail(env, errno, "setsockopt");
  const bool bound = ipv6 ? BindTo(fd.Get(), v6) : BindTo(fd.Get(), v4);
  if (!bound) return Fail(env, errno, "bind");
  return Napi::Number::New(env, fd.Release());
}

#else

Napi::Value Bind(Napi::Env env, const std::string&, int, bool) { return Fail(env, ENOTSUP, "setsockopt"); }

#endif

Napi::Value BindSharedUdp(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::optional<std::string> host = StringArgument(info, 0, "host");
  if (!host) return env.Undefined();
  const std::optional<int> port = Int32Argument(info, 1, "port");
  if (!port) return env.Undefined();
  const std::optional<bool> ipv6 = BooleanArgument(info, 2, "ipv6");
  if (!ipv6) return env.Undefined();
  // A larger number would be cut to 16 bits.
  if (*port < 0 || *port > 0xffff) return Fail(env, EINVAL, "bind");
  return Bind(env, *host, *port, *ipv6);
}

Napi::Value RefuseAddressReuse(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::optional<int> fd = Int32Argument(info, 0, "fd");
  if (!fd) return env.Undefined();
  const int off = 0;
  if (setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof(off)) != 0) return Fail(env, errno, "setsockopt");
  return Napi::Boolean::New(env, true);
}

}  // namespace

void InitializeUdpSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("bindSharedUdp", Napi::Function::New<BindSharedUdp>(env, "bindSharedUdp"));
  exports.Set("refuseAddressReuse", Napi::Function::New<RefuseAddressReuse>(env, "refuseAddressReuse"));
}

}  // namespace tsrpcgen
