#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <vector>

#include "../util/arguments.h"
#include "../util/deadline.h"
#include "../util/living.h"
#include "ring.h"

namespace tsrpcgen {

/// A ring::Ring as JavaScript has it: `new Ring(mapping, offset, scratchBytes)`.
///
/// Operations yield a number: at least 0 where they were done (of a pop: the record's length), -1 where it was not the
/// time, and for a pop -2 - length where the record is longer than the space. Where the other end is to be told (see
/// `arm`), 2^33 is added. They throw: RING_CORRUPT; EBUSY, where another is the one producer (consumer); EBADF, closed;
/// EMSGSIZE, longer than any record can be; ETIMEDOUT.
///
///   maxRecordBytes, capacity          bytes
///   pushed, popped                    by this
///   scratch                           a Uint8Array of `scratchBytes`
///   books                             a BigInt64Array of Books
///   direct(pushing, fenced)           see Ring::Direct; -1 where JavaScript may not
///   wake(pushing)                     after such an operation; whether the other end is to be told
///   push(bytes)                       pushWanted(bytes): only where a consumer wants one
///   key                               what functions take instead of this: see Living::KeyOf
///   ticket                            where the record of the last push lies: [units, records before it]
///   pop(bytes, spinUs)                into them, or into `scratch` where they are undefined; looks for so long
///   withdraw(units, records, length)
///   wasTaken(units, records)
///   waitPush(size, callback), waitPop(callback), waitTaken(units, records, callback): see WaitThreads::Start
///   waitPopSync(timeoutMs), waitTakenSync(units, records, timeoutMs)
///   want(), unwant(), passOn(), trim()
///   arm(pushing)                      whether this end may sleep: the other end's next operation yields 2^33 more
///   usage()                           [records, bytes of them, free bytes]
///   deaths()                          [pid, pushed, popped, found] each
///   close()
///
/// And functions, for what is called all the time:
///
///   ringPushSync(key, bytes, timeoutMs, spinUs)
///   ringPopSync(key, bytes, timeoutMs, spinUs)    as `pop`
class RingHandle final : public Napi::ObjectWrap<RingHandle> {
 public:
  explicit RingHandle(const Napi::CallbackInfo& info);
  static Napi::Function Define(Napi::Env env);
  static Napi::Value PushSync(const Napi::CallbackInfo& info);
  static Napi::Value PopSync(const Napi::CallbackInfo& info);

 private:
  Napi::Value MaxRecordBytes(const Napi::CallbackInfo& info);
  Napi::Value Capacity(const Napi::CallbackInfo& info);
  Napi::Value Pushed(const Napi::CallbackInfo& info);
  Napi::Value Popped(const Napi::CallbackInfo& info);
  Napi::Value Key(const Napi::CallbackInfo& info);
  Napi::Value Ticket(const Napi::CallbackInfo& info);
  Napi::Value Scratch(const Napi::CallbackInfo& info);
  Napi::Value SharedBooks(const Napi::CallbackInfo& info);
  Napi::Value Direct(const Napi::CallbackInfo& info);
  Napi::Value Wake(const Napi::CallbackInfo& info);
  Napi::Value Push(const Napi::CallbackInfo& info);
  Napi::Value PushWanted(const Napi::CallbackInfo& info);
  Napi::Value WaitPopSync(const Napi::CallbackInfo& info);
  Napi::Value Pop(const Napi::CallbackInfo& info);
  Napi::Value Withdraw(const Napi::CallbackInfo& info);
  Napi::Value WasTaken(const Napi::CallbackInfo& info);
  Napi::Value WaitPush(const Napi::CallbackInfo& info);
  Napi::Value WaitPop(const Napi::CallbackInfo& info);
  Napi::Value WaitTaken(const Napi::CallbackInfo& info);
  Napi::Value WaitTakenSync(const Napi::CallbackInfo& info);
  void Want(const Napi::CallbackInfo& info);
  void Unwant(const Napi::CallbackInfo& info);
  void PassOn(const Napi::CallbackInfo& info);
  void Trim(const Napi::CallbackInfo& info);
  Napi::Value Arm(const Napi::CallbackInfo& info);
  Napi::Value Usage(const Napi::CallbackInfo& info);
  Napi::Value Deaths(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  /// The one whose key is the first argument, open; or an error pending, and nothing.
  static RingHandle* Argument(const Napi::CallbackInfo& info);
  /// What to pop into, as an argument has it; or an error pending, and nothing.
  [[nodiscard]] std::optional<Bytes> Space(const Napi::CallbackInfo& info, size_t index) const;
  /// The ring; or EBADF pending, and nothing.
  ring::Ring* Open(Napi::Env env);

  Living<RingHandle>::Membership known_;
  std::shared_ptr<ring::Ring> ring_;
  ring::Position ticket_;
  /// Ours, so that it lies where it lies: looking an argument up costs more than a pop.
  std::shared_ptr<std::vector<uint8_t>> scratch_;
};

}  // namespace tsrpcgen
