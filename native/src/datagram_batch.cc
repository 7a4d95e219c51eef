#include "datagram_batch.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

#include "datagram.h"
#include "descriptor.h"
#include "internet_address.h"
#include "util/arguments.h"
#include "util/descriptor_io.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

#if defined(__linux__)

/// Datagrams of one call: their headers are on the stack.
constexpr size_t max_batch = 64;

/// What one datagram's words say. The layout is src/ipc/udp-batch.ts's, too.
struct Words {
  /// Where its bytes begin, and how many there are.
  uint32_t at;
  uint32_t size;
  /// 1: longer than its place, and cut.
  uint32_t truncated;
  /// The other end: 4 or 6; 0 where the socket is connected to it.
  uint32_t family;
  uint32_t port;
  /// As the network has it. Of IPv4 the first alone.
  std::array<uint32_t, 4> address;
  uint32_t scope;
  /// This machine's address that was asked, and that answers: 4 or 6; 0 where the system chooses.
  uint32_t own_family;
  std::array<uint32_t, 4> own_address;
  /// Of a link-local one, which means nothing without.
  uint32_t own_interface;
};
static_assert(sizeof(Words) == 16 * sizeof(uint32_t));

/// Room for the destination of one datagram, and for what else whoever has made the socket may have asked for.
constexpr size_t control_bytes = 256;

/// What the kernel is given of a batch: its members point at each other.
struct Headers {
  std::array<mmsghdr, max_batch> messages;
  std::array<iovec, max_batch> parts;
  std::array<sockaddr_in6, max_batch> addresses;
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, control_bytes> bytes;
  };
  std::array<Control, max_batch> controls;
};

/// An array of words, where they lie: valid until JavaScript runs again.
struct WordsSpan {
  Words* data = nullptr;
  size_t count = 0;
};

std::optional<WordsSpan> WordsArgument(const Napi::CallbackInfo& info, size_t index) {
  const Napi::Value value = info[index];
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) {
    Throw(Napi::TypeError::New(info.Env(), "words must be a Uint32Array"));
    return std::nullopt;
  }
  auto words = value.As<Napi::Uint32Array>();
  return WordsSpan{reinterpret_cast<Words*>(words.Data()), words.ElementLength() / 16};
}

/// A header of the batch, as `memset` would leave it but for what is set.
msghdr& Begin(Headers& headers, size_t i, uint8_t* bytes, size_t size) {
  msghdr& header = headers.messages.at(i).msg_hdr;
  headers.parts.at(i) = {bytes, size};
  header = {};
  header.msg_iov = &headers.parts.at(i);
  header.msg_iovlen = 1;
  return header;
}

void ReadDestination(msghdr& header, Words& words) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    in_pktinfo destination{};
    in6_pktinfo destination6{};
    if (ReadControl(*part, IPPROTO_IP, IP_PKTINFO, destination)) {
      words.own_family = 4;
      // Not the destination in the packet, which may be a group's or everyone's: an address to answer from.
      words.own_address[0] = destination.ipi_spec_dst.s_addr;
    } else if (ReadControl(*part, IPPROTO_IPV6, IPV6_PKTINFO, destination6)) {
      const in6_addr& asked = destination6.ipi6_addr;
      // Of IPv4 the other one tells, since this may be everyone's here.
      if (IN6_IS_ADDR_MULTICAST(&asked) || IN6_IS_ADDR_V4MAPPED(&asked)) continue;
      words.own_family = 6;
      std::memcpy(words.own_address.data(), &asked, sizeof(asked));
      if (IN6_IS_ADDR_LINKLOCAL(&asked)) words.own_interface = static_cast<uint32_t>(destination6.ipi6_ifindex);
    }
  }
}

void ReadSender(const sockaddr_in6& address, Words& words) {
  if (address.sin6_family == AF_INET6) {
    words.family = 6;
    words.port = ntohs(address.sin6_port);
    std::memcpy(words.address.data(), &address.sin6_addr, sizeof(address.sin6_addr));
    words.scope = address.sin6_scope_id;
  } else if (address.sin6_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    words.family = 4;
    words.port = ntohs(v4.sin_port);
    words.address[0] = v4.sin_addr.s_addr;
  }
}

/// udpReceiveBatch(descriptor, space, placeBytes, words): how many there are, the i-th at i * placeBytes of `space`; 0
/// where none is there.
Napi::Value ReceiveBatch(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Descriptor* descriptor = Descriptor::Argument(info, 0, "recvmmsg");
  if (descriptor == nullptr) return env.Undefined();
  const auto space = BytesArgument(info, 1, "space");
  if (!space) return env.Undefined();
  const auto place = SizeArgument(info, 2, "placeBytes");
  if (!place) return env.Undefined();
  const auto words = WordsArgument(info, 3);
  if (!words) return env.Undefined();
  if (*place == 0) return Fail(env, EINVAL, "recvmmsg");
  const size_t most = std::min({words->count, space->size / *place, max_batch});
  if (most == 0) return Fail(env, EINVAL, "recvmmsg");
  Headers headers;  // NOLINT(cppcoreguidelines-pro-type-member-init): what is used is set
  for (size_t i = 0; i < most; i++) {
    msghdr& header = Begin(headers, i, space->data + (i * *place), *place);
    headers.addresses.at(i).sin6_family = AF_UNSPEC;
    header.msg_name = &headers.addresses.at(i);
    header.msg_namelen = sizeof(sockaddr_in6);
    header.msg_control = headers.controls.at(i).bytes.data();
    header.msg_controllen = control_bytes;
  }
  ssize_t count = 0;
  // O_NONBLOCK is everyone's who has the socket: an inherited one's is not ours alone.
  const auto call = [&](int fd) {
    return recvmmsg(fd, headers.messages.data(), static_cast<unsigned>(most), MSG_DONTWAIT, nullptr);
  };
  const int error = AttemptOnDescriptor(*descriptor, call, count);
  if (error == EAGAIN) return Napi::Number::New(env, 0);
  if (error != 0) return Fail(env, error, "recvmmsg");
  for (size_t i = 0; i < static_cast<size_t>(count); i++) {
    msghdr& header = headers.messages.at(i).msg_hdr;
    Words read{};
    read.at = static_cast<uint32_t>(i * *place);
    read.size = headers.messages.at(i).msg_len;
    read.truncated = (header.msg_flags & MSG_TRUNC) != 0 ? 1 : 0;
    ReadSender(headers.addresses.at(i), read);
    ReadDestination(header, read);
    words->data[i] = read;
  }
  return Napi::Number::New(env, static_cast<double>(count));
}

void SetReceiver(const Words& words, sockaddr_in6& address, msghdr& header) {
  if (words.family == 6) {
    address = {};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<uint16_t>(words.port));
    std::memcpy(&address.sin6_addr, words.address.data(), sizeof(address.sin6_addr));
    address.sin6_scope_id = words.scope;
    header.msg_name = &address;
    header.msg_namelen = sizeof(sockaddr_in6);
  } else if (words.family == 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(words.port));
    v4.sin_addr.s_addr = words.address[0];
    std::memcpy(&address, &v4, sizeof(v4));
    header.msg_name = &address;
    header.msg_namelen = sizeof(sockaddr_in);
  }
}

/// udpBatchSender(words): { address, port } of who has sent the first datagram of `words`
Napi::Value BatchSender(const Napi::CallbackInfo& info) {
  const auto words = WordsArgument(info, 0);
  if (!words) return info.Env().Undefined();
  if (words->count == 0) return Fail(info.Env(), EINVAL, "recvmmsg");
  InternetAddress address;
  msghdr header{};
  sockaddr_in6 name{};
  SetReceiver(*words->data, name, header);
  std::memcpy(&address.storage, &name, sizeof(name));
  Napi::Object result = Napi::Object::New(info.Env());
  address.SetOn(result);
  return result;
}

template <typename Value>
void SetControl(msghdr& header, Headers::Control& control, int level, int type, const Value& value) {
  header.msg_control = control.bytes.data();
  header.msg_controllen = CMSG_SPACE(sizeof(value));
  cmsghdr* part = CMSG_FIRSTHDR(&header);
  part->cmsg_level = level;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(sizeof(value));
  std::memcpy(CMSG_DATA(part), &value, sizeof(value));
}

void SetSource(const Words& words, Headers::Control& control, msghdr& header) {
  if (words.own_family == 6) {
    in6_pktinfo source{};
    std::memcpy(&source.ipi6_addr, words.own_address.data(), sizeof(source.ipi6_addr));
    source.ipi6_ifindex = words.own_interface;
    SetControl(header, control, IPPROTO_IPV6, IPV6_PKTINFO, source);
  } else if (words.own_family == 4) {
    in_pktinfo source{};
    source.ipi_spec_dst.s_addr = words.own_address[0];
    SetControl(header, control, IPPROTO_IP, IP_PKTINFO, source);
  }
}

/// udpSendBatch(descriptor, space, words, first, end): how many were sent of those from `first` on, at least one; 0
/// where there is no room.
Napi::Value SendBatch(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Descriptor* descriptor = Descriptor::Argument(info, 0, "sendmmsg");
  if (descriptor == nullptr) return env.Undefined();
  const auto space = BytesArgument(info, 1, "space");
  if (!space) return env.Undefined();
  const auto words = WordsArgument(info, 2);
  if (!words) return env.Undefined();
  const auto first = SizeArgument(info, 3, "first");
  if (!first) return env.Undefined();
  const auto end = SizeArgument(info, 4, "end");
  if (!end) return env.Undefined();
  if (*first >= *end || *end > words->count) return Fail(env, EINVAL, "sendmmsg");
  const size_t count = std::min(*end - *first, max_batch);
  Headers headers;  // NOLINT(cppcoreguidelines-pro-type-member-init): what is used is set
  for (size_t i = 0; i < count; i++) {
    const Words each = words->data[*first + i];  // as it is now: the memory may be shared
    if (each.at > space->size || each.size > space->size - each.at) return Fail(env, EINVAL, "sendmmsg");
    msghdr& header = Begin(headers, i, space->data + each.at, each.size);
    SetReceiver(each, headers.addresses.at(i), header);
    SetSource(each, headers.controls.at(i), header);
  }
  ssize_t sent = 0;
  const auto call = [&](int fd) {
    return sendmmsg(fd, headers.messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
  };
  const int error = AttemptOnDescriptor(*descriptor, call, sent);
  if (error == EAGAIN) return Napi::Number::New(env, 0);
  return error == 0 ? Napi::Number::New(env, static_cast<double>(sent)) : Fail(env, error, "sendmmsg");
}

#else

Napi::Value ReceiveBatch(const Napi::CallbackInfo& info) { return Fail(info.Env(), ENOTSUP, "recvmmsg"); }
Napi::Value SendBatch(const Napi::CallbackInfo& info) { return Fail(info.Env(), ENOTSUP, "sendmmsg"); }
Napi::Value BatchSender(const Napi::CallbackInfo& info) { return Fail(info.Env(), ENOTSUP, "recvmmsg"); }

#endif

}  // namespace

void InitializeDatagramBatch(Napi::Env env, Napi::Object exports) {
  exports.Set("udpBatchSender", Napi::Function::New<BatchSender>(env, "udpBatchSender"));
  exports.Set("udpReceiveBatch", Napi::Function::New<ReceiveBatch>(env, "udpReceiveBatch"));
  exports.Set("udpSendBatch", Napi::Function::New<SendBatch>(env, "udpSendBatch"));
}

}  // namespace tsrpcgen
