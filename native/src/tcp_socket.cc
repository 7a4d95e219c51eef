#include "tcp_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "util/arguments.h"
#include "util/error.h"

namespace tsrpcgen {
namespace {

Napi::Value SetTcpUserTimeout(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::optional<int> fd = Int32Argument(info, 0, "fd");
  if (!fd) return env.Undefined();
  const std::optional<int> ms = Int32Argument(info, 1, "ms");
  if (!ms) return env.Undefined();
#if defined(TCP_USER_TIMEOUT)
  const auto value = static_cast<unsigned int>(*ms);
  // A negative number would be taken for a month.
  if (*ms < 0) return Fail(env, EINVAL, "setsockopt");
  if (setsockopt(*fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof(value)) != 0) return Fail(env, errno, "setsockopt");
  return Napi::Boolean::New(env, true);
#else
  return Fail(env, ENOTSUP, "setsockopt");
#endif
}

Napi::Value TcpUserTimeout(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const std::optional<int> fd = Int32Argument(info, 0, "fd");
  if (!fd) return env.Undefined();
#if defined(TCP_USER_TIMEOUT)
  unsigned int value = 0;
  socklen_t size = sizeof(value);
  if (getsockopt(*fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, &size) != 0) return Fail(env, errno, "getsockopt");
  return Napi::Number::New(env, value);
#else
  return Fail(env, ENOTSUP, "getsockopt");
#endif
}

}  // namespace

void InitializeTcpSocket(Napi::Env env, Napi::Object exports) {
  exports.Set("setTcpUserTimeout", Napi::Function::New<SetTcpUserTimeout>(env, "setTcpUserTimeout"));
  exports.Set("tcpUserTimeout", Napi::Function::New<TcpUserTimeout>(env, "tcpUserTimeout"));
}

}  // namespace tsrpcgen
