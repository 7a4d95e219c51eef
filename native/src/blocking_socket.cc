#include "blocking_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "descriptor.h"
#include "internet_address.h"
#include "util/arguments.h"
#include "util/descriptor_io.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

#if defined(MSG_NOSIGNAL)
constexpr int no_signal = MSG_NOSIGNAL;
#else
constexpr int no_signal = 0;  // Node ignores SIGPIPE
#endif

/// Not valid, and errno set, where it fails. It blocks.
UniqueFd NewSocket(int family, int type) {
#if defined(SOCK_CLOEXEC)
  return UniqueFd(socket(family, type | SOCK_CLOEXEC, 0));
#else
  UniqueFd made(socket(family, type, 0));
  if (made.Valid()) fcntl(made.Get(), F_SETFD, FD_CLOEXEC);
  return made;
#endif
}

int SetBlocking(int fd, bool blocking) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) < 0) return errno;
  return 0;
}

bool SetOption(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

/// What the peer's host is asked after so many seconds of silence: ten times, one a second, as Node has it.
void KeepAlive(int fd, int seconds) {
  SetOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
#if defined(TCP_KEEPIDLE)
  SetOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
#elif defined(TCP_KEEPALIVE)
  SetOption(fd, IPPROTO_TCP, TCP_KEEPALIVE, seconds);
#endif
#if defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
  SetOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, 1);
  SetOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 10);
#endif
}

/// Where to, and from which port of this host: 0 for any.
struct Destination {
  InternetAddress to;
  int local_port = 0;

  [[nodiscard]] int BindLocalPort(int fd) const {
    if (local_port == 0) return 0;
    InternetAddress own;
    if (!own.Parse(to.Family() == AF_INET6 ? "::" : "0.0.0.0", local_port, to.Family() == AF_INET6)) return EINVAL;
    return bind(fd, own.Get(), own.size) == 0 ? 0 : errno;
  }
};

/// (host, port, localPort), from `index` on.
std::optional<Destination> DestinationArgument(const Napi::CallbackInfo& info, size_t index) {
  const auto host = StringArgument(info, index, "host");
  if (!host) return std::nullopt;
  const auto port = Int32Argument(info, index + 1, "port");
  if (!port) return std::nullopt;
  const auto local_port = Int32Argument(info, index + 2, "localPort");
  if (!local_port) return std::nullopt;
  Destination destination;
  destination.local_port = *local_port;
  const bool in_range = *port >= 0 && *port <= 0xffff && *local_port >= 0 && *local_port <= 0xffff;
  if (in_range && destination.to.Parse(*host, *port, host->find(':') != std::string::npos)) return destination;
  ThrowSystemError(info.Env(), EINVAL, "connect");
  return std::nullopt;
}

/// tcpConnectStart(host, port, localPort): a Descriptor that is being connected, writable when that has ended. `host`
/// is numeric.
Napi::Value TcpConnectStart(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto destination = DestinationArgument(info, 0);
  if (!destination) return env.Undefined();
  UniqueFd fd = NewSocket(destination->to.Family(), SOCK_STREAM);
  if (!fd.Valid()) return Fail(env, errno, "socket");
  // As Node binds it: a port whose last connection lingers can be taken.
  if (destination->local_port != 0) SetOption(fd.Get(), SOL_SOCKET, SO_REUSEADDR, 1);
  int error = destination->BindLocalPort(fd.Get());
  if (error != 0) return Fail(env, error, "bind");
  error = SetBlocking(fd.Get(), false);
  if (error != 0) return Fail(env, error, "fcntl");
  const bool connected = connect(fd.Get(), destination->to.Get(), destination->to.size) == 0;
  if (!connected && errno != EINPROGRESS && errno != EINTR) return Fail(env, errno, "connect");
  return Descriptor::New(env, std::move(fd));
}

/// tcpConnectEnd(descriptor, keepAliveSeconds): throws why it is not connected; else it blocks from here on. 0 seconds:
/// nobody asks whether the peer is alive.
Napi::Value TcpConnectEnd(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "connect");
  if (descriptor == nullptr) return env.Undefined();
  const auto keep_alive = Int32Argument(info, 1, "keepAliveSeconds");
  if (!keep_alive) return env.Undefined();
  const int fd = descriptor->Fd();
  int outcome = 0;
  socklen_t size = sizeof(outcome);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &outcome, &size) != 0) return Fail(env, errno, "getsockopt");
  if (outcome != 0) return Fail(env, outcome, "connect");
  const int error = SetBlocking(fd, true);
  if (error != 0) return Fail(env, error, "fcntl");
  SetOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (*keep_alive > 0) KeepAlive(fd, *keep_alive);
  return env.Undefined();
}

/// udpConnect(host, port, localPort): a Descriptor that blocks and takes datagrams of that peer alone.
Napi::Value UdpConnect(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto destination = DestinationArgument(info, 0);
  if (!destination) return env.Undefined();
  UniqueFd fd = NewSocket(destination->to.Family(), SOCK_DGRAM);
  if (!fd.Valid()) return Fail(env, errno, "socket");
  const int error = destination->BindLocalPort(fd.Get());
  if (error != 0) return Fail(env, error, "bind");
  if (connect(fd.Get(), destination->to.Get(), destination->to.size) != 0) return Fail(env, errno, "connect");
  return Descriptor::New(env, std::move(fd));
}

/// setReceiveStep(descriptor, ms): how long `receiveBytes` waits at most where it is told no time of its own.
Napi::Value SetReceiveStep(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "setsockopt");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto ms = Int32Argument(info, 1, "ms");
  if (!ms) return info.Env().Undefined();
  timeval step{};
  step.tv_sec = *ms / 1000;
  step.tv_usec = static_cast<suseconds_t>(*ms % 1000) * 1000;
  if (setsockopt(descriptor->Fd(), SOL_SOCKET, SO_RCVTIMEO, &step, sizeof(step)) != 0)
    return Fail(info.Env(), errno, "setsockopt");
  return info.Env().Undefined();
}

/// receiveBytes(descriptor, space, timeoutMs): how many have come, 0 at the end of a stream; undefined where none has.
/// Without a time it waits for a step: one call of the kernel.
Napi::Value ReceiveBytes(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "recv");
  if (descriptor == nullptr) return env.Undefined();
  const auto space = BytesArgument(info, 1, "space");
  if (!space) return env.Undefined();
  const bool step = info[2].IsUndefined();
  if (!step) {
    const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
    if (!deadline) return env.Undefined();
    const int error = deadline->Passed() ? 0 : WaitForDescriptor(descriptor->Fd(), POLLIN, *deadline);
    if (error == ETIMEDOUT) return env.Undefined();
    if (error != 0) return Fail(env, error, "poll");
  }
  const ssize_t size = recv(descriptor->Fd(), space->data, space->size, step ? 0 : MSG_DONTWAIT);
  if (size >= 0) return Napi::Number::New(env, static_cast<double>(size));
  // A handler of a signal has run: the step is over.
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return env.Undefined();
  return Fail(env, errno, "recv");
}

/// What sendmsg returned, as `sendRecord` and `sendDatagram` give it.
Napi::Value Sent(Napi::Env env, ssize_t size) {
  if (size >= 0) return Napi::Number::New(env, static_cast<double>(size));
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return env.Undefined();
  return Fail(env, errno, "sendmsg");
}

/// sendRecord(descriptor, message, from): sends the message behind the header of a record's one fragment, as far as
/// there is room, less the first `from` bytes of both. @returns how many were sent; undefined where there is no room
Napi::Value SendRecord(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "sendmsg");
  if (descriptor == nullptr) return env.Undefined();
  const auto message = BytesArgument(info, 1, "message");
  if (!message) return env.Undefined();
  const auto from = SizeArgument(info, 2, "from");
  if (!from) return env.Undefined();
  std::array<uint8_t, 4> header{};
  if (message->size >= 0x80000000U || *from >= message->size + header.size()) return Fail(env, EINVAL, "sendmsg");
  const uint32_t mark = htonl(0x80000000U | static_cast<uint32_t>(message->size));
  std::copy_n(reinterpret_cast<const uint8_t*>(&mark), header.size(), header.begin());
  const size_t of_header = std::min(*from, header.size());
  const size_t of_message = *from - of_header;
  std::array<iovec, 2> parts{};
  parts[0].iov_base = header.data() + of_header;
  parts[0].iov_len = header.size() - of_header;
  parts[1].iov_base = message->data + of_message;
  parts[1].iov_len = message->size - of_message;
  msghdr both{};
  both.msg_iov = parts.data();
  both.msg_iovlen = parts.size();
  return Sent(env, sendmsg(descriptor->Fd(), &both, MSG_DONTWAIT | no_signal));
}

/// sendDatagram(descriptor, message): undefined where there is no room
Napi::Value SendDatagram(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "send");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto message = BytesArgument(info, 1, "message");
  if (!message) return info.Env().Undefined();
  return Sent(info.Env(), send(descriptor->Fd(), message->data, message->size, MSG_DONTWAIT | no_signal));
}

/// resolveSync(name): an array of { address, family }, in the system's order. The system's resolver decides how long it
/// takes.
Napi::Value ResolveSync(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto name = StringArgument(info, 0, "name");
  if (!name) return env.Undefined();
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;  // each address once
  uv_getaddrinfo_t request{};
  // Without a callback libuv asks at once, on this thread.
  const int error = uv_getaddrinfo(loop, &request, nullptr, name->c_str(), nullptr, &hints);
  const std::unique_ptr<addrinfo, decltype(&uv_freeaddrinfo)> first(request.addrinfo, uv_freeaddrinfo);
  if (error != 0) {
    const bool none = error == UV_EAI_NONAME || error == UV_EAI_NODATA;
    Napi::Error failure =
        Napi::Error::New(env, std::string("getaddrinfo ") + (none ? "ENOTFOUND" : uv_err_name(error)));
    failure.Set("code", Napi::String::New(env, none ? "ENOTFOUND" : uv_err_name(error)));
    failure.Set("errno", Napi::Number::New(env, error));
    failure.Set("syscall", Napi::String::New(env, "getaddrinfo"));
    Throw(failure);
    return env.Undefined();
  }
  Napi::Array found = Napi::Array::New(env);
  for (const addrinfo* at = first.get(); at != nullptr; at = at->ai_next) {
    if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
    const bool v6 = at->ai_family == AF_INET6;
    const auto* address6 = reinterpret_cast<const sockaddr_in6*>(at->ai_addr);
    const auto* address4 = reinterpret_cast<const sockaddr_in*>(at->ai_addr);
    Napi::Object each = Napi::Object::New(env);
    each.Set("address", Napi::String::New(env, v6 ? TextOf(address6->sin6_addr, address6->sin6_scope_id)
                                                  : TextOf(address4->sin_addr)));
    each.Set("family", Napi::Number::New(env, v6 ? 6 : 4));
    found.Set(found.Length(), each);
  }
  return found;
}

}  // namespace

void InitializeBlockingSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("tcpConnectStart", Napi::Function::New<TcpConnectStart>(env, "tcpConnectStart"));
  exports.Set("tcpConnectEnd", Napi::Function::New<TcpConnectEnd>(env, "tcpConnectEnd"));
  exports.Set("udpConnect", Napi::Function::New<UdpConnect>(env, "udpConnect"));
  exports.Set("setReceiveStep", Napi::Function::New<SetReceiveStep>(env, "setReceiveStep"));
  exports.Set("receiveBytes", Napi::Function::New<ReceiveBytes>(env, "receiveBytes"));
  exports.Set("sendRecord", Napi::Function::New<SendRecord>(env, "sendRecord"));
  exports.Set("sendDatagram", Napi::Function::New<SendDatagram>(env, "sendDatagram"));
  exports.Set("resolveSync", Napi::Function::New<ResolveSync>(env, "resolveSync"));
}

}  // namespace tsrpcgen
