#pragma once

#include <napi.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <optional>

namespace tsrpcgen {

/// The address of a UNIX socket. JavaScript has it as bytes: those of a path, a 0 and those of an abstract name, or
/// none for a socket without a name.
struct UnixAddress {
  sockaddr_un address{};
  socklen_t size = offsetof(sockaddr_un, sun_path);

  [[nodiscard]] const sockaddr* Get() const { return reinterpret_cast<const sockaddr*>(&address); }
  [[nodiscard]] sockaddr* Get() { return reinterpret_cast<sockaddr*>(&address); }
  [[nodiscard]] Napi::Value ToJavaScript(Napi::Env env) const;
};

/// The one at `index`. Leaves a TypeError or ENAMETOOLONG pending, and yields nothing.
std::optional<UnixAddress> UnixAddressArgument(const Napi::CallbackInfo& info, size_t index, const char* syscall);

/// Adds what makes, names and connects UNIX sockets.
void InitializeUnixSocket(Napi::Env env, Napi::Object exports);

}  // namespace tsrpcgen
