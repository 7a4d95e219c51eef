#include "unix_message.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "descriptor.h"
#include "unix_socket.h"
#include "util/arguments.h"
#include "util/descriptor_io.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace tsrpcgen {
namespace {

/// Linux's bound for one message (SCM_MAX_FD).
constexpr size_t max_descriptors = 253;

#if defined(MSG_NOSIGNAL)
constexpr int send_flags = MSG_NOSIGNAL;
#else
constexpr int send_flags = 0;  // Node ignores SIGPIPE
#endif
#if defined(MSG_CMSG_CLOEXEC)
constexpr int receive_flags = MSG_CMSG_CLOEXEC;
#else
constexpr int receive_flags = 0;
#endif

/// What is sent: points into itself, so it stays where it is.
class Outgoing {
 public:
  Outgoing(Bytes bytes, std::optional<UnixAddress> to, const std::vector<int>& descriptors) : to_(to) {
    part_.iov_base = bytes.data;
    part_.iov_len = bytes.size;
    header_.msg_iov = &part_;
    header_.msg_iovlen = 1;
    if (to_) {
      header_.msg_name = to_->Get();
      header_.msg_namelen = to_->size;
    }
    if (descriptors.empty()) return;
    const size_t size = descriptors.size() * sizeof(int);
    header_.msg_control = control_.data();
    header_.msg_controllen = static_cast<decltype(header_.msg_controllen)>(CMSG_SPACE(size));
    cmsghdr* rights = CMSG_FIRSTHDR(&header_);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = static_cast<decltype(rights->cmsg_len)>(CMSG_LEN(size));
    std::memcpy(CMSG_DATA(rights), descriptors.data(), size);
  }
  ~Outgoing() = default;
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;
  Outgoing(Outgoing&&) = delete;
  Outgoing& operator=(Outgoing&&) = delete;

  ssize_t operator()(int fd) const { return sendmsg(fd, &header_, send_flags); }

 private:
  std::optional<UnixAddress> to_;
  iovec part_{};
  msghdr header_{};
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(max_descriptors * sizeof(int))> control_{};
};

/// What one recvmsg yields.
class Incoming {
 public:
  // The kernel fills control_, and tells how far: zeros first would cost as much as a small message.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  Incoming(Bytes space, size_t most_descriptors) : most_descriptors_(most_descriptors) {
    part_.iov_base = space.data;
    part_.iov_len = space.size;
  }
  ~Incoming() = default;
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;
  Incoming(Incoming&&) = delete;
  Incoming& operator=(Incoming&&) = delete;

  ssize_t Receive(int fd) {
    header_ = {};
    header_.msg_iov = &part_;
    header_.msg_iovlen = 1;
    header_.msg_name = from_.Get();
    header_.msg_namelen = sizeof(from_.address);
    header_.msg_control = control_.data();
    header_.msg_controllen = static_cast<decltype(header_.msg_controllen)>(control_.size());
    const ssize_t count = recvmsg(fd, &header_, receive_flags);
    // Descriptors are ours from here on, whatever happens next.
    if (count >= 0) ReadControl();
    return count;
  }

  /// null at the end; the number of bytes where there is nothing else to tell; or all that came.
  Napi::Value ToJavaScript(Napi::Env env, ssize_t count, bool has_end) {
    const bool truncated = (header_.msg_flags & MSG_TRUNC) != 0;
    const bool named = header_.msg_namelen > offsetof(sockaddr_un, sun_path);
    if (has_end && count == 0 && !dated_ && part_.iov_len > 0) return env.Null();
    if (!truncated && !named && !lost_ && descriptors_.empty() && !credentials_)
      return Napi::Number::New(env, static_cast<double>(count));
    Napi::Object message = Napi::Object::New(env);
    message.Set("size", Napi::Number::New(env, static_cast<double>(count)));
    message.Set("truncated", Napi::Boolean::New(env, truncated));
    message.Set("descriptorsLost", Napi::Boolean::New(env, lost_));
    if (named) {
      from_.size = header_.msg_namelen;
      message.Set("from", from_.ToJavaScript(env));
    }
    if (credentials_) message.Set("credentials", CredentialsToJavaScript(env));
    if (!descriptors_.empty()) {
      Napi::Array descriptors = Napi::Array::New(env, descriptors_.size());
      for (uint32_t i = 0; i < descriptors_.size(); i++)
        descriptors.Set(i, Descriptor::New(env, std::move(descriptors_[i])));
      message.Set("descriptors", descriptors);
    }
    return message;
  }

 private:
#if defined(SCM_CREDENTIALS)
  using Credentials = ucred;
  [[nodiscard]] Napi::Value CredentialsToJavaScript(Napi::Env env) const {
    Napi::Object result = Napi::Object::New(env);
    if (credentials_->pid != 0) result.Set("pid", Napi::Number::New(env, credentials_->pid));
    result.Set("uid", Napi::Number::New(env, credentials_->uid));
    result.Set("gid", Napi::Number::New(env, credentials_->gid));
    return result;
  }
#else
  struct Credentials {};
  static Napi::Value CredentialsToJavaScript(Napi::Env env) { return env.Undefined(); }
#endif

  void ReadControl() {
    dated_ = false;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header_); part != nullptr; part = CMSG_NXTHDR(&header_, part)) {
      if (part->cmsg_level != SOL_SOCKET) continue;
      if (part->cmsg_type == SCM_RIGHTS) TakeDescriptors(*part);
      if (part->cmsg_type == SCM_TIMESTAMP) dated_ = true;
#if defined(SCM_CREDENTIALS)
      if (part->cmsg_type == SCM_CREDENTIALS && part->cmsg_len >= CMSG_LEN(sizeof(ucred)))
        std::memcpy(&credentials_.emplace(), CMSG_DATA(part), sizeof(ucred));
#endif
    }
    lost_ = (header_.msg_flags & MSG_CTRUNC) != 0 || descriptors_.size() > most_descriptors_;
    // Some of those that belong together are worth nothing, and nobody would know which they are.
    if (lost_) descriptors_.clear();
  }

  void TakeDescriptors(cmsghdr& rights) {
    const size_t count = (rights.cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(&rights) + (i * sizeof(int)), sizeof(fd));
      descriptors_.emplace_back(fd);
      if constexpr (receive_flags == 0) fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
  }

  size_t most_descriptors_;
  iovec part_{};
  msghdr header_{};
  UnixAddress from_;
  std::vector<UniqueFd> descriptors_;
  std::optional<Credentials> credentials_;
  bool dated_ = false;
  bool lost_ = false;
  /// Room for all that the kernel may put there: what it can't would be lost. 128 are more than credentials and a time.
  /// Not filled, since the kernel says how much of it there is.
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(max_descriptors * sizeof(int)) + 128> control_;
};

std::optional<std::vector<int>> DescriptorsArgument(const Napi::CallbackInfo& info, size_t index) {
  std::vector<int> descriptors;
  const Napi::Value value = info[index];
  if (value.IsUndefined()) return descriptors;
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    Throw(Napi::TypeError::New(info.Env(), "descriptors must be an Int32Array"));
    return std::nullopt;
  }
  const auto numbers = value.As<Napi::Int32Array>();
  if (numbers.ElementLength() > max_descriptors) {
    ThrowSystemError(info.Env(), EINVAL, "sendmsg");
    return std::nullopt;
  }
  descriptors.assign(numbers.Data(), numbers.Data() + numbers.ElementLength());
  return descriptors;
}

/// The arguments of both forms of send: (descriptor, bytes, address or undefined, Int32Array or undefined).
template <typename Run>
Napi::Value Send(const Napi::CallbackInfo& info, Run run) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "sendmsg");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto bytes = BytesArgument(info, 1, "bytes");
  if (!bytes) return info.Env().Undefined();
  // Bytes alone need no more, as most have none.
  const auto bare = [&](int fd) { return send(fd, bytes->data, bytes->size, send_flags); };
  if (info.Length() <= 2) return run(*descriptor, bare);
  std::optional<UnixAddress> to;
  if (!info[2].IsUndefined()) {
    to = UnixAddressArgument(info, 2, "sendmsg");
    if (!to) return info.Env().Undefined();
  }
  const auto descriptors = DescriptorsArgument(info, 3);
  if (!descriptors) return info.Env().Undefined();
  if (!to && descriptors->empty()) return run(*descriptor, bare);
  return run(*descriptor, Outgoing(*bytes, to, *descriptors));
}

/// sendMessage(descriptor, bytes, address, descriptors): how many bytes were sent; undefined where there is no room.
Napi::Value SendMessage(const Napi::CallbackInfo& info) {
  return Send(info, [&](Descriptor& descriptor, const auto& message) {
    return TryOnDescriptor(info.Env(), descriptor, "sendmsg", [&](int fd) { return message(fd); });
  });
}

/// sendMessageSync(descriptor, bytes, address, descriptors, timeoutMs)
Napi::Value SendMessageSync(const Napi::CallbackInfo& info) {
  const auto deadline = DeadlineArgument(info, 4, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  return Send(info, [&](Descriptor& descriptor, const auto& message) {
    return BlockOnDescriptor(info.Env(), descriptor, "sendmsg", POLLOUT, *deadline,
                             [&](int fd) { return message(fd); });
  });
}

/// The arguments of both forms of receive: (descriptor, space, most descriptors, whether it has an end).
template <typename Run>
Napi::Value Receive(const Napi::CallbackInfo& info, Run run) {
  Descriptor* descriptor = Descriptor::Argument(info, 0, "recvmsg");
  if (descriptor == nullptr) return info.Env().Undefined();
  const auto space = BytesArgument(info, 1, "space");
  if (!space) return info.Env().Undefined();
  const auto most_descriptors = SizeArgument(info, 2, "maxDescriptors");
  if (!most_descriptors) return info.Env().Undefined();
  const auto has_end = BooleanArgument(info, 3, "hasEnd");
  if (!has_end) return info.Env().Undefined();
  Incoming message(*space, *most_descriptors);
  ssize_t count = 0;
  const int error = run(
      *descriptor, [&](int fd) { return message.Receive(fd); }, count);
  if (error == EAGAIN) return info.Env().Undefined();
  if (error != 0) return Fail(info.Env(), error, "recvmsg");
  return message.ToJavaScript(info.Env(), count, *has_end);
}

/// receiveMessage(descriptor, space, maxDescriptors, hasEnd): a number of bytes, or an object where there is more to
/// tell; null at the end; undefined where nothing is there.
Napi::Value ReceiveMessage(const Napi::CallbackInfo& info) {
  return Receive(info, [](Descriptor& descriptor, auto call, ssize_t& count) {
    return AttemptOnDescriptor(descriptor, call, count);
  });
}

/// receiveMessageSync(descriptor, space, maxDescriptors, hasEnd, timeoutMs)
Napi::Value ReceiveMessageSync(const Napi::CallbackInfo& info) {
  const auto deadline = DeadlineArgument(info, 4, "timeoutMs");
  if (!deadline) return info.Env().Undefined();
  return Receive(info, [&](Descriptor& descriptor, auto call, ssize_t& count) {
    return WaitOnDescriptor(descriptor, POLLIN, *deadline, call, count);
  });
}

}  // namespace

void InitializeUnixMessage(Napi::Env env, Napi::Object exports) {
  exports.Set("sendMessage", Napi::Function::New<SendMessage>(env, "sendMessage"));
  exports.Set("sendMessageSync", Napi::Function::New<SendMessageSync>(env, "sendMessageSync"));
  exports.Set("receiveMessage", Napi::Function::New<ReceiveMessage>(env, "receiveMessage"));
  exports.Set("receiveMessageSync", Napi::Function::New<ReceiveMessageSync>(env, "receiveMessageSync"));
}

}  // namespace tsrpcgen
