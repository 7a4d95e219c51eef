#include "peer_credentials.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "util/arguments.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

struct Credentials {
  /// 0 where the kernel does not tell, or the peer's process is not visible from this pid namespace.
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

/// An error number, and the call that gave it.
struct Failure {
  int error_number = 0;
  const char* syscall = "";
};

#if defined(SO_PEERCRED) && defined(SO_DOMAIN)

std::optional<Failure> ReadCredentials(int fd, Credentials& credentials) {
  // Linux answers SO_PEERCRED on a socket of any family, with pid 0 and uid -1 where there are no credentials: that
  // must not pass for a peer.
  int family = 0;
  socklen_t size = sizeof(family);
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) return Failure{errno, "getsockopt"};
  if (family != AF_UNIX) return Failure{EAFNOSUPPORT, "getsockopt"};
  ucred peer{};
  size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return Failure{errno, "getsockopt"};
  if (peer.uid == static_cast<uid_t>(-1)) return Failure{ENOTCONN, "getsockopt"};
  credentials = {peer.pid, peer.uid, peer.gid};
  return std::nullopt;
}

#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)

std::optional<Failure> ReadCredentials(int fd, Credentials& credentials) {
  if (getpeereid(fd, &credentials.uid, &credentials.gid) != 0) return Failure{errno, "getpeereid"};
  return std::nullopt;
}

#else

std::optional<Failure> ReadCredentials(int, Credentials&) { return Failure{ENOSYS, "getpeereid"}; }

#endif

Napi::Value PeerCredentials(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::optional<int> fd = Int32Argument(info, 0, "fd");
  if (!fd) return env.Undefined();
  Credentials credentials;
  if (const auto failure = ReadCredentials(*fd, credentials)) {
    ThrowSystemError(env, failure->error_number, failure->syscall);
    return env.Undefined();
  }
  Napi::Object result = Napi::Object::New(env);
  if (credentials.pid != 0) result.Set("pid", Napi::Number::New(env, credentials.pid));
  result.Set("uid", Napi::Number::New(env, credentials.uid));
  result.Set("gid", Napi::Number::New(env, credentials.gid));
  return result;
}

}  // namespace

void InitializePeerCredentials(Napi::Env env, Napi::Object exports) {
  exports.Set("peerCredentials", Napi::Function::New<PeerCredentials>(env, "peerCredentials"));
}

}  // namespace tsrpcgen
