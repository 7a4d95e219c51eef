#include "unix_socket.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "descriptor.h"
#include "instance.h"
#include "util/arguments.h"
#include "util/blocking_task.h"
#include "util/descriptor_io.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

/// The types as JavaScript counts them: their numbers differ between processors.
std::optional<int> TypeArgument(const Napi::CallbackInfo& info, size_t index) {
  constexpr std::array<int, 3> types = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  const auto number = Int32Argument(info, index, "type");
  if (!number) return std::nullopt;
  if (*number >= 0 && static_cast<size_t>(*number) < types.size()) return types.at(static_cast<size_t>(*number));
  ThrowSystemError(info.Env(), EINVAL, "socket");
  return std::nullopt;
}

/// Not valid, and errno set, where it fails.
UniqueFd NewSocket(int type) {
#if defined(SOCK_CLOEXEC)
  return UniqueFd(socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
#else
  UniqueFd made(socket(AF_UNIX, type, 0));
  if (made.Valid()) fcntl(made.Get(), F_SETFD, FD_CLOEXEC);
  return made;
#endif
}

/// socketpair(type): [Descriptor, Descriptor]
Napi::Value SocketPair(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const auto type = TypeArgument(info, 0);
  if (!type) return env.Undefined();
  std::array<int, 2> ends{};
#if defined(SOCK_CLOEXEC)
  if (socketpair(AF_UNIX, *type | SOCK_CLOEXEC, 0, ends.data()) != 0) return Fail(env, errno, "socketpair");
#else
  if (socketpair(AF_UNIX, *type, 0, ends.data()) != 0) return Fail(env, errno, "socketpair");
  for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
  UniqueFd first(ends[0]);
  UniqueFd second(ends[1]);
  Napi::Array both = Napi::Array::New(env, 2);
  both.Set(0U, Descriptor::New(env, std::move(first)));
  both.Set(1U, Descriptor::New(env, std::move(second)));
  return both;
}

/// unixSocket(type): a Descriptor without a name
Napi::Value NewUnixSocket(const Napi::CallbackInfo& info) {
  const auto type = TypeArgument(info, 0);
  if (!type) return info.Env().Undefined();
  UniqueFd made = NewSocket(*type);
  if (!made.Valid()) return Fail(info.Env(), errno, "socket");
  return Descriptor::New(info.Env(), std::move(made));
}

/// unixBind(descriptor, address, mode): no bytes of an address let the kernel choose an abstract name.
Napi::Value Bind(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "bind");
  if (descriptor == nullptr) return env.Undefined();
  const auto address = UnixAddressArgument(info, 1, "bind");
  if (!address) return env.Undefined();
  const auto mode = Int32Argument(info, 2, "mode");
  if (!mode) return env.Undefined();
#if defined(__linux__)
  // The file is made with the socket's own mode, so nobody can come in before a chmod.
  if (fchmod(descriptor->Fd(), static_cast<mode_t>(*mode)) != 0) return Fail(env, errno, "fchmod");
  if (bind(descriptor->Fd(), address->Get(), address->size) != 0) return Fail(env, errno, "bind");
#else
  if (address->size == offsetof(sockaddr_un, sun_path) || address->address.sun_path[0] == '\0')
    return Fail(env, ENOTSUP, "bind");
  if (bind(descriptor->Fd(), address->Get(), address->size) != 0) return Fail(env, errno, "bind");
  if (chmod(address->address.sun_path, static_cast<mode_t>(*mode)) != 0) return Fail(env, errno, "chmod");
#endif
  return env.Undefined();
}

/// unixListen(descriptor, backlog)
Napi::Value Listen(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "listen");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto backlog = Int32Argument(info, 1, "backlog");
  if (!backlog) return info.Env().Undefined();
  if (listen(descriptor->Fd(), *backlog) != 0) return Fail(info.Env(), errno, "listen");
  return info.Env().Undefined();
}

/// The next connection of a listening socket, or -1 and errno.
int Accept(int fd) {
#if defined(__linux__)
  return accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
#else
  const int accepted = accept(fd, nullptr, nullptr);
  // There it has the listening socket's O_NONBLOCK.
  if (accepted >= 0) fcntl(accepted, F_SETFD, FD_CLOEXEC);
  return accepted;
#endif
}

/// unixAccept(descriptor): a Descriptor; undefined where nobody has connected.
Napi::Value TryAccept(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "accept");
  if (descriptor == nullptr) return info.Env().Undefined();
  ssize_t accepted = 0;
  const int error = AttemptOnDescriptor(*descriptor, Accept, accepted);
  if (error == EAGAIN) return info.Env().Undefined();
  if (error != 0) return Fail(info.Env(), error, "accept");
  return Descriptor::New(info.Env(), UniqueFd(static_cast<int>(accepted)));
}

/// unixAcceptSync(descriptor, timeoutMs)
Napi::Value AcceptSync(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "accept");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 1, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  ssize_t accepted = 0;
  const int error = WaitOnDescriptor(*descriptor, POLLIN, *deadline, Accept, accepted);
  if (error != 0) return Fail(info.Env(), error, "accept");
  return Descriptor::New(info.Env(), UniqueFd(static_cast<int>(accepted)));
}

/// unixConnect(descriptor, address): false where the server's queue is full. No poll tells when it is not.
Napi::Value Connect(const Napi::CallbackInfo& info) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "connect");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto address = UnixAddressArgument(info, 1, "connect");
  if (!address) return info.Env().Undefined();
  ssize_t result = 0;
  const auto call = [&](int fd) { return connect(fd, address->Get(), address->size); };
  const int error = AttemptOnDescriptor(*descriptor, call, result);
  if (error != 0 && error != EAGAIN) return Fail(info.Env(), error, "connect");
  return Napi::Boolean::New(info.Env(), error == 0);
}

/// A new socket that connects, waiting for room in the server's queue.
class ConnectTask final : public BlockingTask {
 public:
  ConnectTask(int type, const UnixAddress& address) : type_(type), address_(address) {}
  int Attempt() override {
    if (!socket_.Valid()) socket_ = NewSocket(type_);
    if (!socket_.Valid()) return errno;
    return connect(socket_.Get(), address_.Get(), address_.size) == 0 ? 0 : errno;
  }
  Napi::Value Result(Napi::Env env) override { return Descriptor::New(env, std::move(socket_)); }
  [[nodiscard]] const char* Syscall() const override { return "connect"; }

 private:
  int type_;
  UnixAddress address_;
  UniqueFd socket_;
};

std::unique_ptr<ConnectTask> ConnectTaskOf(const Napi::CallbackInfo& info) {
  const auto type = TypeArgument(info, 0);
  if (!type) return nullptr;
  const auto address = UnixAddressArgument(info, 1, "connect");
  if (!address) return nullptr;
  return std::make_unique<ConnectTask>(*type, *address);
}

/// unixConnectWaiting(type, address, callback): a Descriptor; see WaitThreads::Start.
Napi::Value ConnectWaiting(const Napi::CallbackInfo& info) {
  auto task = ConnectTaskOf(info);
  if (!task) return info.Env().Undefined();
  const auto callback = FunctionArgument(info, 2, "callback");
  if (!callback) return info.Env().Undefined();
  return Instance::Threads(info.Env()).Start(info.Env(), std::move(task), *callback);
}

/// unixConnectSync(type, address, timeoutMs): a Descriptor
Napi::Value ConnectSync(const Napi::CallbackInfo& info) {
  const auto task = ConnectTaskOf(info);
  if (!task) return info.Env().Undefined();
  const auto deadline = DeadlineArgument(info, 2, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  return RunBlocking(info.Env(), *task, *deadline);
}

/// unixName(descriptor, peer): the socket's address, or that of its peer.
Napi::Value Name(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "getsockname");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto peer = BooleanArgument(info, 1, "peer");
  if (!peer) return info.Env().Undefined();
  UnixAddress address;
  address.size = sizeof(address.address);
  const int failed = *peer ? getpeername(descriptor->Fd(), address.Get(), &address.size)
                           : getsockname(descriptor->Fd(), address.Get(), &address.size);
  if (failed != 0) return Fail(info.Env(), errno, *peer ? "getpeername" : "getsockname");
  if (address.address.sun_family != AF_UNIX) return Fail(info.Env(), EAFNOSUPPORT, "getsockname");
  return address.ToJavaScript(info.Env());
}

/// shutdownSocket(descriptor, receiving, sending)
Napi::Value Shutdown(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "shutdown");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto receiving = BooleanArgument(info, 1, "receiving");
  if (!receiving) return info.Env().Undefined();
  const auto sending = BooleanArgument(info, 2, "sending");
  if (!sending || !(*receiving || *sending)) return info.Env().Undefined();
  int how = SHUT_RDWR;
  if (!*sending) how = SHUT_RD;
  if (!*receiving) how = SHUT_WR;
  if (shutdown(descriptor->Fd(), how) != 0) return Fail(info.Env(), errno, "shutdown");
  return info.Env().Undefined();
}

/// The options of SOL_SOCKET as JavaScript counts them: their numbers differ between systems.
enum class Option : uint8_t { ReceiveBuffer, SendBuffer, PassCredentials, Timestamp };

/// -1 where the system has none.
int NameOfOption(int option) {
  switch (static_cast<Option>(option)) {
    case Option::ReceiveBuffer:
      return SO_RCVBUF;
    case Option::SendBuffer:
      return SO_SNDBUF;
#if defined(SO_PASSCRED)
    case Option::PassCredentials:
      return SO_PASSCRED;
#endif
    case Option::Timestamp:
      return SO_TIMESTAMP;
    default:
      return -1;
  }
}

/// socketOption(descriptor, option): a number
Napi::Value GetOption(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "getsockopt");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto option = Int32Argument(info, 1, "option");
  if (!option) return info.Env().Undefined();
  const int name = NameOfOption(*option);
  if (name < 0) return Fail(info.Env(), ENOTSUP, "getsockopt");
  int value = 0;
  socklen_t size = sizeof(value);
  if (getsockopt(descriptor->Fd(), SOL_SOCKET, name, &value, &size) != 0) return Fail(info.Env(), errno, "getsockopt");
  return Napi::Number::New(info.Env(), value);
}

/// setSocketOption(descriptor, option, value)
Napi::Value SetOption(const Napi::CallbackInfo& info) {
  const Descriptor* descriptor = Descriptor::Argument(info, 0, "setsockopt");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto option = Int32Argument(info, 1, "option");
  if (!option) return info.Env().Undefined();
  const auto value = Int32Argument(info, 2, "value");
  if (!value) return info.Env().Undefined();
  const int name = NameOfOption(*option);
  if (name < 0) return Fail(info.Env(), ENOTSUP, "setsockopt");
  if (setsockopt(descriptor->Fd(), SOL_SOCKET, name, &*value, sizeof(*value)) != 0)
    return Fail(info.Env(), errno, "setsockopt");
  return info.Env().Undefined();
}

}  // namespace

Napi::Value UnixAddress::ToJavaScript(Napi::Env env) const {
  constexpr size_t before = offsetof(sockaddr_un, sun_path);
  size_t bytes = size > before ? size - before : 0;
  // The kernel counts the 0 that ends a path, or all the room.
  if (bytes > 0 && address.sun_path[0] != '\0') bytes = strnlen(address.sun_path, bytes);
  Napi::Uint8Array name = Napi::Uint8Array::New(env, bytes);
  // No memory, or the worker is being terminated.
  if (name.IsEmpty()) return env.Undefined();
  if (bytes > 0) std::memcpy(name.Data(), address.sun_path, bytes);
  return name;
}

std::optional<UnixAddress> UnixAddressArgument(const Napi::CallbackInfo& info, size_t index, const char* syscall) {
  const auto bytes = BytesArgument(info, index, "address");
  if (!bytes) return std::nullopt;
  UnixAddress address;
  address.address.sun_family = AF_UNIX;
  const bool path = bytes->size > 0 && bytes->data[0] != 0;
  // With room for the 0 that ends a path.
  if (bytes->size + (path ? 1 : 0) > sizeof(address.address.sun_path)) {
    ThrowSystemError(info.Env(), ENAMETOOLONG, syscall);
    return std::nullopt;
  }
  if (bytes->size > 0) std::memcpy(address.address.sun_path, bytes->data, bytes->size);
  address.size += static_cast<socklen_t>(bytes->size + (path ? 1 : 0));
  return address;
}

void InitializeUnixSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("socketpair", Napi::Function::New<SocketPair>(env, "socketpair"));
  exports.Set("unixSocket", Napi::Function::New<NewUnixSocket>(env, "unixSocket"));
  exports.Set("unixBind", Napi::Function::New<Bind>(env, "unixBind"));
  exports.Set("unixListen", Napi::Function::New<Listen>(env, "unixListen"));
  exports.Set("unixAccept", Napi::Function::New<TryAccept>(env, "unixAccept"));
  exports.Set("unixAcceptSync", Napi::Function::New<AcceptSync>(env, "unixAcceptSync"));
  exports.Set("unixConnect", Napi::Function::New<Connect>(env, "unixConnect"));
  exports.Set("unixConnectWaiting", Napi::Function::New<ConnectWaiting>(env, "unixConnectWaiting"));
  exports.Set("unixConnectSync", Napi::Function::New<ConnectSync>(env, "unixConnectSync"));
  exports.Set("unixName", Napi::Function::New<Name>(env, "unixName"));
  exports.Set("shutdownSocket", Napi::Function::New<Shutdown>(env, "shutdownSocket"));
  exports.Set("socketOption", Napi::Function::New<GetOption>(env, "socketOption"));
  exports.Set("setSocketOption", Napi::Function::New<SetOption>(env, "setSocketOption"));
}

}  // namespace tsrpcgen
