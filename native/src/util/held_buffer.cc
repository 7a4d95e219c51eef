#include "held_buffer.h"

#include <utility>

#include "error.h"

namespace tsrpcgen {
namespace {

struct Hold {
  std::shared_ptr<void> owner;
  /// While the buffer is being made, its end is only noted.
  bool making = true;
  bool ended = false;
};

void End(napi_env /*env*/, void* /*data*/, void* hint) {
  auto* hold = static_cast<Hold*>(hint);
  hold->ended = true;
  if (!hold->making) delete hold;
}

}  // namespace

Napi::ArrayBuffer HeldBuffer(Napi::Env env, void* data, size_t size, std::shared_ptr<void> owner) {
  auto* hold = new Hold{std::move(owner)};
  napi_value made = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, data, size, End, hold, &made);
  hold->making = false;
  if (status == napi_ok) return {env, made};
  const Napi::Error error = Napi::Error::New(env);
  // Nobody can say whether an end is still to come: the shell is left to it.
  if (hold->ended)
    delete hold;
  else
    hold->owner.reset();
  Throw(error);
  return {};
}

}  // namespace tsrpcgen
