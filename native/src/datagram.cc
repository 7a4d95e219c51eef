// Before <netinet/in.h>: macOS has RFC 3542's options only so.
#define __APPLE_USE_RFC_3542  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)

#include "datagram.h"

#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "util/error.h"

#if defined(IP_PKTINFO) && defined(IPV6_RECVPKTINFO)
#define TSRPCGEN_PKTINFO
#endif

namespace tsrpcgen {
namespace {

#if defined(TSRPCGEN_PKTINFO)
void SetDestination(Napi::Object message, const std::string& to, double interface) {
  message.Set("to", Napi::String::New(message.Env(), to));
  message.Set("interface", Napi::Number::New(message.Env(), interface));
}
#endif

bool Invalid(Napi::Env env, const char* what) {
  Throw(Napi::TypeError::New(env, std::string(what) + " of a message is not what it must be"));
  return false;
}

bool FailToSend(Napi::Env env, int error) {
  ThrowSystemError(env, error, "sendmsg");
  return false;
}

}  // namespace

int TellDestination(int fd, bool ipv6) {
#if defined(TSRPCGEN_PKTINFO)
  const int on = 1;
  const int failed4 = setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
  if (!ipv6) return failed4 == 0 ? 0 : errno;
  // The other one was for IPv4 by way of IPv6, which not every system tells of so.
  return setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) == 0 ? 0 : errno;
#else
  static_cast<void>(fd);
  static_cast<void>(ipv6);
  return 0;
#endif
}

void Datagram::SetPart(uint8_t* data, size_t size) {
  part_.iov_base = data;
  part_.iov_len = size;
  header_.msg_iov = &part_;
  header_.msg_iovlen = 1;
}

msghdr& Datagram::ToReceive(uint8_t* space, size_t size) {
  SetPart(space, size);
  header_.msg_name = address_.Get();
  header_.msg_namelen = sizeof(address_.storage);
  header_.msg_control = control_.data();
  header_.msg_controllen = static_cast<decltype(header_.msg_controllen)>(control_.size());
  return header_;
}

msghdr& Datagram::ToSend() {
  auto bytes = bytes_.As<Napi::Uint8Array>();
  SetPart(bytes.Data(), bytes.ByteLength());
  header_.msg_name = address_.Get();
  header_.msg_namelen = address_.size;
  return header_;
}

bool Datagram::Read(Napi::Env env, Napi::Value message) {
  if (!message.IsObject()) return Invalid(env, "what is sent");
  const auto object = message.As<Napi::Object>();
  const Napi::Value bytes = object.Get("bytes");
  const Napi::Value host = object.Get("address");
  const Napi::Value port = object.Get("port");
  const Napi::Value from = object.Get("from");
  if (!bytes.IsTypedArray() || bytes.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    return Invalid(env, "bytes");
  if (!host.IsString()) return Invalid(env, "address");
  if (!port.IsNumber()) return Invalid(env, "port");
  if (!from.IsUndefined() && !from.IsString()) return Invalid(env, "from");
  // Where the getter has thrown there is no value at all.
  const Napi::Value of_ipv6 = object.Get("ipv6");
  if (!of_ipv6.IsBoolean()) return Invalid(env, "ipv6");
  const bool ipv6 = of_ipv6.As<Napi::Boolean>();
  const double number = port.As<Napi::Number>().DoubleValue();
  // A larger number would be cut to 16 bits.
  const bool valid = number >= 0 && number <= 0xffff && number == static_cast<int>(number);
  if (!valid || !address_.Parse(host.As<Napi::String>().Utf8Value(), static_cast<int>(number), ipv6))
    return FailToSend(env, EINVAL);
  bytes_ = bytes;
  if (from.IsUndefined()) return true;
  InternetAddress source;
  if (!source.Parse(from.As<Napi::String>().Utf8Value(), 0, ipv6)) return FailToSend(env, EINVAL);
  const int error = SetSource(source);
  return error == 0 || FailToSend(env, error);
}

template <typename Value>
void Datagram::SetControl(int level, int type, const Value& value) {
  header_.msg_control = control_.data();
  header_.msg_controllen = static_cast<decltype(header_.msg_controllen)>(CMSG_SPACE(sizeof(value)));
  cmsghdr* part = CMSG_FIRSTHDR(&header_);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = static_cast<decltype(part->cmsg_len)>(CMSG_LEN(sizeof(value)));
  std::memcpy(CMSG_DATA(part), &value, sizeof(value));
}

int Datagram::SetSource(const InternetAddress& from) {
#if defined(TSRPCGEN_PKTINFO)
  if (from.Family() == AF_INET6) {
    in6_pktinfo source{};
    source.ipi6_addr = from.V6().sin6_addr;
    source.ipi6_ifindex = from.V6().sin6_scope_id;
    SetControl(IPPROTO_IPV6, IPV6_PKTINFO, source);
  } else {
    in_pktinfo source{};
    source.ipi_spec_dst = from.V4().sin_addr;
    SetControl(IPPROTO_IP, IP_PKTINFO, source);
  }
  return 0;
#else
  static_cast<void>(from);
  return ENOTSUP;
#endif
}

Napi::Value Datagram::ToJavaScript(Napi::Env env, msghdr& header, size_t size) const {
  Napi::Object message = Napi::Object::New(env);
  message.Set("size", Napi::Number::New(env, static_cast<double>(size)));
  message.Set("truncated", Napi::Boolean::New(env, (header.msg_flags & MSG_TRUNC) != 0));
  address_.SetOn(message);
#if defined(TSRPCGEN_PKTINFO)
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    in_pktinfo destination{};
    in6_pktinfo destination6{};
    // Of IPv4 by way of IPv6 both tell: then the address is of the socket's family.
    if (address_.Family() == AF_INET && ReadControl(*part, IPPROTO_IP, IP_PKTINFO, destination)) {
      SetDestination(message, TextOf(destination.ipi_addr), static_cast<double>(destination.ipi_ifindex));
    } else if (ReadControl(*part, IPPROTO_IPV6, IPV6_PKTINFO, destination6)) {
      const auto index = static_cast<uint32_t>(destination6.ipi6_ifindex);
      SetDestination(message, TextOf(destination6.ipi6_addr, index), static_cast<double>(index));
    }
  }
#endif
  return message;
}

}  // namespace tsrpcgen
