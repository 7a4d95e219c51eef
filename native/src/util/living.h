#pragma once

#include <napi.h>

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <utility>

namespace tsrpcgen {

/// The objects of one class that live in an environment: tells whether what JavaScript hands over is one of them. As
/// strict as a type tag, without the three look-ups of properties that every read and write would pay for one.
template <typename Wrapped>
class Living {
 public:
  /// What an object holds from when it may be handed over. The environment's own hold may end before it.
  class Membership {
   public:
    Membership() = default;
    Membership(std::shared_ptr<Living> living, const Wrapped* object) : living_(std::move(living)), object_(object) {
      living_->objects_.insert(object_);
    }
    Membership(Membership&& other) noexcept
        : living_(std::move(other.living_)), object_(std::exchange(other.object_, nullptr)) {}
    Membership& operator=(Membership&& other) noexcept {
      std::swap(living_, other.living_);
      std::swap(object_, other.object_);
      return *this;
    }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;
    ~Membership() {
      if (living_) living_->Forget(object_);
    }

   private:
    std::shared_ptr<Living> living_;
    const Wrapped* object_ = nullptr;
  };

  /// What JavaScript hands over instead of the object where each call counts: to unwrap an object is to look up a
  /// property. It does not keep the object alive; whoever has it keeps the object too.
  [[nodiscard]] static Napi::Value KeyOf(Napi::Env env, Wrapped* object) {
    return Napi::External<Wrapped>::New(env, object);
  }

  /// What `value` wraps or is the key of, or nothing. Until it is known to be of this class, its address alone is
  /// looked at.
  [[nodiscard]] Wrapped* Find(const Napi::Value& value) const {
    void* wrapped = nullptr;
    if (napi_get_value_external(value.Env(), value, &wrapped) != napi_ok &&
        napi_unwrap(value.Env(), value, &wrapped) != napi_ok)
      return nullptr;
    auto* object = static_cast<Wrapped*>(wrapped);
    const Wrapped*& found = FoundLately(object);
    if (object != nullptr && found == object) return object;
    if (objects_.count(object) == 0) return nullptr;
    found = object;
    return object;
  }

 private:
  /// Where it is, if it was looked for lately. What is used all the time is so found by one look, not by four at places
  /// that another process's turn has driven out of the processor's cache.
  const Wrapped*& FoundLately(const Wrapped* object) const {
    constexpr unsigned below_allocation = 6;
    return lately_.at((reinterpret_cast<uintptr_t>(object) >> below_allocation) % lately_.size());
  }
  void Forget(const Wrapped* object) {
    objects_.erase(object);
    const Wrapped*& found = FoundLately(object);
    if (found == object) found = nullptr;
  }

  mutable std::array<const Wrapped*, 8> lately_{};
  std::unordered_set<const Wrapped*> objects_;
};

}  // namespace tsrpcgen
