#include "datagram_socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "datagram.h"
#include "descriptor.h"
#include "internet_address.h"
#include "util/arguments.h"
#include "util/descriptor_io.h"
#include "util/error.h"
#include "util/reuse_port.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

/// The address and port at `index` and after it. EINVAL is pending where they are none.
std::optional<InternetAddress> AddressArgument(const Napi::CallbackInfo& info, size_t index, bool ipv6,
                                               const char* syscall) {
  const auto host = StringArgument(info, index, "address");
  if (!host) return std::nullopt;
  const auto port = Int32Argument(info, index + 1, "port");
  if (!port) return std::nullopt;
  InternetAddress address;
  // A larger number would be cut to 16 bits.
  if (*port >= 0 && *port <= 0xffff && address.Parse(*host, *port, ipv6)) return address;
  ThrowSystemError(info.Env(), EINVAL, syscall);
  return std::nullopt;
}

#if defined(TSRPCGEN_REUSEPORT)
bool Enable(int fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}
#endif

/// As bindresvport(3): a free port of those that only root may bind, from 600 on, where few services are. The first one
/// tried is random. @returns 0 or errno
int BindReserved(int fd, InternetAddress& address) {
  constexpr int first = 600;
  constexpr int last = 1023;
  constexpr int count = last - first + 1;
  std::random_device random;
  const int start = static_cast<int>(random() % count);
  for (int i = 0; i < count; i++) {
    address.SetPort(first + ((start + i) % count));
    if (bind(fd, address.Get(), address.size) == 0) return 0;
    if (errno != EADDRINUSE) return errno;
  }
  return EADDRINUSE;
}

/// udpBind(ipv6, address, port, reusePort, reserved, ipv6Only): a Descriptor
Napi::Value UdpBind(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto ipv6 = BooleanArgument(info, 0, "ipv6");
  if (!ipv6) return env.Undefined();
  auto address = AddressArgument(info, 1, *ipv6, "bind");
  if (!address) return env.Undefined();
  const auto reuse_port = BooleanArgument(info, 3, "reusePort");
  if (!reuse_port) return env.Undefined();
  const auto reserved = BooleanArgument(info, 4, "reserved");
  if (!reserved) return env.Undefined();
  const auto ipv6_only = BooleanArgument(info, 5, "ipv6Only");
  if (!ipv6_only) return env.Undefined();
  UniqueFd fd(socket(*ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0));
  if (!fd.Valid()) return Fail(env, errno, "socket");
  if (fcntl(fd.Get(), F_SETFD, FD_CLOEXEC) != 0) return Fail(env, errno, "fcntl");
  const int only = *ipv6_only ? 1 : 0;
  if (*ipv6 && setsockopt(fd.Get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) != 0)
    return Fail(env, errno, "setsockopt");
  if (*reuse_port) {
#if defined(TSRPCGEN_REUSEPORT)
    if (!Enable(fd.Get(), SOL_SOCKET, TSRPCGEN_REUSEPORT)) return Fail(env, errno, "setsockopt");
#else
    return Fail(env, ENOTSUP, "setsockopt");
#endif
  }
  int error = TellDestination(fd.Get(), *ipv6);
  if (error != 0) return Fail(env, error, "setsockopt");
  if (*reserved)
    error = BindReserved(fd.Get(), *address);
  else if (bind(fd.Get(), address->Get(), address->size) != 0)
    error = errno;
  if (error != 0) return Fail(env, error, "bind");
  return Descriptor::New(env, std::move(fd));
}

/// udpName(descriptor): { address, port }
Napi::Value UdpName(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "getsockname");
  if (descriptor == nullptr) return info.Env().Undefined();
  InternetAddress address;
  address.size = sizeof(address.storage);
  if (getsockname(descriptor->Fd(), address.Get(), &address.size) != 0) return Fail(info.Env(), errno, "getsockname");
  if (address.Family() != AF_INET && address.Family() != AF_INET6) return Fail(info.Env(), EAFNOSUPPORT, "getsockname");
  Napi::Object result = Napi::Object::New(info.Env());
  address.SetOn(result);
  return result;
}

/// udpTie(descriptor, ipv6, address, port)
Napi::Value UdpTie(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "connect");
  if (descriptor == nullptr) return env.Undefined();
  const auto ipv6 = BooleanArgument(info, 1, "ipv6");
  if (!ipv6) return env.Undefined();
  const auto address = AddressArgument(info, 2, *ipv6, "connect");
  if (!address) return env.Undefined();
  if (address->Port() == 0) return Fail(env, EINVAL, "connect");
  if (connect(descriptor->Fd(), address->Get(), address->size) != 0) return Fail(env, errno, "connect");
  return env.Undefined();
}

/// udpJoin(descriptor, ipv6, group, interface): the interface by an IPv4 address of its own (0.0.0.0: the route's), or,
/// for IPv6, by its index in the zone of an address: `::%eth0`, `::` for the route's.
Napi::Value UdpJoin(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "setsockopt");
  if (descriptor == nullptr) return env.Undefined();
  const auto ipv6 = BooleanArgument(info, 1, "ipv6");
  if (!ipv6) return env.Undefined();
  const auto group_text = StringArgument(info, 2, "group");
  if (!group_text) return env.Undefined();
  const auto interface_text = StringArgument(info, 3, "interface");
  if (!interface_text) return env.Undefined();
  InternetAddress group;
  InternetAddress interface;
  if (!group.Parse(*group_text, 0, *ipv6) || !interface.Parse(*interface_text, 0, *ipv6))
    return Fail(env, EINVAL, "setsockopt");
  // A zone that nobody has would be taken for none.
  if (*ipv6 && interface_text->find('%') != std::string::npos && interface.V6().sin6_scope_id == 0)
    return Fail(env, ENODEV, "setsockopt");
  int failed = 0;
  if (*ipv6) {
    ipv6_mreq membership{};
    membership.ipv6mr_multiaddr = group.V6().sin6_addr;
    membership.ipv6mr_interface = interface.V6().sin6_scope_id;
    failed = setsockopt(descriptor->Fd(), IPPROTO_IPV6, IPV6_JOIN_GROUP, &membership, sizeof(membership));
  } else {
    ip_mreq membership{};
    membership.imr_multiaddr = group.V4().sin_addr;
    membership.imr_interface = interface.V4().sin_addr;
    failed = setsockopt(descriptor->Fd(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership, sizeof(membership));
  }
  return failed == 0 ? env.Undefined() : Fail(env, errno, "setsockopt");
}

/// udpTellDestination(descriptor, ipv6): for one that was bound elsewhere
Napi::Value UdpTellDestination(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "setsockopt");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto ipv6 = BooleanArgument(info, 1, "ipv6");
  if (!ipv6) return info.Env().Undefined();
  int type = 0;
  socklen_t size = sizeof(type);
  if (getsockopt(descriptor->Fd(), SOL_SOCKET, SO_TYPE, &type, &size) != 0)
    return Fail(info.Env(), errno, "getsockopt");
  if (type != SOCK_DGRAM) return Fail(info.Env(), EPROTOTYPE, "getsockopt");
  const int error = TellDestination(descriptor->Fd(), *ipv6);
  return error == 0 ? info.Env().Undefined() : Fail(info.Env(), error, "setsockopt");
}

/// udpReceive(descriptor, space, timeoutMs, wait): a message, or undefined where none is there (and `wait` is false).
Napi::Value UdpReceive(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Descriptor* descriptor = Descriptor::Argument(info, 0, "recvmsg");
  if (descriptor == nullptr) return env.Undefined();
  const auto space = BytesArgument(info, 1, "space");
  if (!space) return env.Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return env.Undefined();
  const auto wait = BooleanArgument(info, 3, "wait");
  if (!wait) return env.Undefined();
  Datagram datagram;
  msghdr* header = nullptr;
  const auto call = [&](int fd) {
    header = &datagram.ToReceive(space->data, space->size);
    return recvmsg(fd, header, 0);
  };
  ssize_t size = 0;
  const int error = *wait ? WaitOnDescriptor(*descriptor, POLLIN, *deadline, call, size)
                          : AttemptOnDescriptor(*descriptor, call, size);
  if (error == EAGAIN) return env.Undefined();
  if (error != 0) return Fail(env, error, "recvmsg");
  return datagram.ToJavaScript(env, *header, static_cast<size_t>(size));
}

/// udpSend(descriptor, message, timeoutMs, wait): true; undefined where there is no room (and `wait` is false).
Napi::Value UdpSend(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Descriptor* descriptor = Descriptor::Argument(info, 0, "sendmsg");
  if (descriptor == nullptr) return env.Undefined();
  Datagram datagram;
  if (!datagram.Read(env, info[1])) return env.Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return env.Undefined();
  const auto wait = BooleanArgument(info, 3, "wait");
  if (!wait) return env.Undefined();
  const msghdr& header = datagram.ToSend();
  const auto call = [&](int fd) { return sendmsg(fd, &header, 0); };
  ssize_t size = 0;
  const int error = *wait ? WaitOnDescriptor(*descriptor, POLLOUT, *deadline, call, size)
                          : AttemptOnDescriptor(*descriptor, call, size);
  if (error == EAGAIN) return env.Undefined();
  if (error != 0) return Fail(env, error, "sendmsg");
  return Napi::Boolean::New(env, true);
}

#if defined(__linux__)
/// Messages of one recvmmsg or sendmmsg: Linux's bound (UIO_MAXIOV).
constexpr size_t max_messages = 1024;

/// udpReceiveMany(descriptor, space, maxBytes, maxMessages): an array of messages, the i-th at i * maxBytes of `space`;
/// undefined where none is there.
Napi::Value UdpReceiveMany(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Descriptor* descriptor = Descriptor::Argument(info, 0, "recvmmsg");
  if (descriptor == nullptr) return env.Undefined();
  const auto space = BytesArgument(info, 1, "space");
  if (!space) return env.Undefined();
  const auto bytes_each = SizeArgument(info, 2, "maxBytes");
  if (!bytes_each) return env.Undefined();
  const auto most = SizeArgument(info, 3, "maxMessages");
  if (!most) return env.Undefined();
  if (*most == 0 || *most > max_messages || *bytes_each > space->size / *most) return Fail(env, EINVAL, "recvmmsg");
  std::vector<Datagram> datagrams(*most);
  std::vector<mmsghdr> headers(*most);
  for (size_t i = 0; i < *most; i++)
    headers[i].msg_hdr = datagrams[i].ToReceive(space->data + (i * *bytes_each), *bytes_each);
  ssize_t count = 0;
  const auto call = [&](int fd) {
    return recvmmsg(fd, headers.data(), static_cast<unsigned>(headers.size()), 0, nullptr);
  };
  const int error = AttemptOnDescriptor(*descriptor, call, count);
  if (error == EAGAIN) return env.Undefined();
  if (error != 0) return Fail(env, error, "recvmmsg");
  Napi::Array messages = Napi::Array::New(env, static_cast<size_t>(count));
  for (uint32_t i = 0; i < static_cast<uint32_t>(count); i++)
    messages.Set(i, datagrams[i].ToJavaScript(env, headers[i].msg_hdr, headers[i].msg_len));
  return messages;
}

/// udpSendMany(descriptor, messages): how many were sent, at least one; undefined where there is no room for one.
Napi::Value UdpSendMany(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Descriptor* descriptor = Descriptor::Argument(info, 0, "sendmmsg");
  if (descriptor == nullptr) return env.Undefined();
  if (!info[1].IsArray()) {
    Throw(Napi::TypeError::New(env, "messages must be an array"));
    return env.Undefined();
  }
  const auto messages = info[1].As<Napi::Array>();
  const size_t wanted = std::min<size_t>(messages.Length(), max_messages);
  std::vector<Datagram> datagrams(wanted);
  std::vector<mmsghdr> headers(wanted);
  for (size_t i = 0; i < wanted; i++)
    if (!datagrams[i].Read(env, messages.Get(static_cast<uint32_t>(i)))) return env.Undefined();
  // From here on no getter of a message can take away what another one points at.
  for (size_t i = 0; i < wanted; i++) headers[i].msg_hdr = datagrams[i].ToSend();
  return TryOnDescriptor(env, *descriptor, "sendmmsg", [&](int fd) {
    return sendmmsg(fd, headers.data(), static_cast<unsigned>(headers.size()), 0);
  });
}

#else

Napi::Value UdpReceiveMany(const Napi::CallbackInfo& info) { return Fail(info.Env(), ENOTSUP, "recvmmsg"); }
Napi::Value UdpSendMany(const Napi::CallbackInfo& info) { return Fail(info.Env(), ENOTSUP, "sendmmsg"); }

#endif

}  // namespace

void InitializeDatagramSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("udpBind", Napi::Function::New<UdpBind>(env, "udpBind"));
  exports.Set("udpTie", Napi::Function::New<UdpTie>(env, "udpTie"));
  exports.Set("udpJoin", Napi::Function::New<UdpJoin>(env, "udpJoin"));
  exports.Set("udpName", Napi::Function::New<UdpName>(env, "udpName"));
  exports.Set("udpReceive", Napi::Function::New<UdpReceive>(env, "udpReceive"));
  exports.Set("udpReceiveMany", Napi::Function::New<UdpReceiveMany>(env, "udpReceiveMany"));
  exports.Set("udpSend", Napi::Function::New<UdpSend>(env, "udpSend"));
  exports.Set("udpSendMany", Napi::Function::New<UdpSendMany>(env, "udpSendMany"));
  exports.Set("udpTellDestination", Napi::Function::New<UdpTellDestination>(env, "udpTellDestination"));
}

}  // namespace tsrpcgen
