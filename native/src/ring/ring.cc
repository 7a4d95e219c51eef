#include "ring.h"

#include <cerrno>
#include <utility>

namespace tsrpcgen::ring {

std::shared_ptr<Ring> Ring::Attach(std::shared_ptr<Pages> pages, size_t offset, int& error) {
  std::unique_ptr<Memory> memory = Memory::Open(std::move(pages), offset, error);
  if (!memory) return nullptr;
  std::shared_ptr<Ring> ring(new Ring(std::move(memory)));
  ring->attached_ = ring->attachments_.Claim();
  if (!ring->attached_) {
    // Full, perhaps of the dead.
    ring->deaths_.BuryAll();
    ring->attached_ = ring->attachments_.Claim();
  }
  if (ring->attached_) return ring;
  error = ENOSPC;
  return nullptr;
}

Ring::Ring(std::unique_ptr<Memory> memory)
    : memory_(std::move(memory)),
      attachments_(*memory_),
      lock_(*memory_, attachments_),
      waits_(*memory_, attachments_),
      deaths_(attachments_, lock_),
      seen_(Load(Side::Pop)),
      seen_from_(Load(Side::Push)) {}

void Ring::Close() {
  if (!std::exchange(attached_, false)) return;
  lock_.Close();
  attachments_.ForgetSleep(attachments_.Slot());
  attachments_.Release();
}

Position Ring::Where(Side side) const {
  const Book& book = books_->at(Index(side));
  return lock_.Kept(side) && book.count > 0 ? Position::Unpack(book.position) : Load(side);
}

Position Ring::Load(Side side) const {
  // Acquire: what its last mover did before is visible. (On x86 every load is one.)
  return Position::Unpack(memory_->EndOf(side).position.load(std::memory_order_acquire));
}

bool Ring::HasRoom(const Gap& gap, size_t size) const {
  return memory_->Capacity() - gap.units >= UnitsFor(size) &&
         (memory_->MaxRecords() == 0 || gap.records < memory_->MaxRecords());
}

void Ring::Commit(Side side, Position to) {
  Intent& intent = attachments_.Own().intents.at(Index(side));
  Book& book = books_->at(Index(side));
  book.count += 1;
  book.position = to.Pack();
  // Each a release, so that they happen in this order: whoever is killed between two of them has done all before and
  // nothing after.
  intent.next_count.store(book.count, std::memory_order_release);
  intent.target.store(to.Pack(), std::memory_order_release);
  memory_->EndOf(side).position.store(to.Pack(), std::memory_order_release);
  intent.count.store(book.count, std::memory_order_release);
  intent.target.store(no_target, std::memory_order_release);
}

Outcome Ring::Push(const uint8_t* bytes, size_t size, bool only_wanted) {
  if (!attached_) return {Status::Closed};
  if (memory_->Lost()) return {Status::Corrupt};
  const Status status = lock_.Acquire(Side::Push);
  if (status != Status::Done) return {status};
  Outcome outcome = PushLocked(bytes, size, only_wanted);
  lock_.Release(Side::Push);
  if (outcome.status == Status::Done) outcome.tell = waits_.Wake(Side::Pop);
  return outcome;
}

Outcome Ring::PushLocked(const uint8_t* bytes, size_t size, bool only_wanted) {
  const Position push = Where(Side::Push);
  Gap gap;
  // Where JavaScript has pushed meanwhile, or several push, what we saw last may be of a turn before.
  const bool enough = !only_wanted && !memory_->Many(Side::Push) && push.Pack() == seen_from_.Pack() &&
                      memory_->Between(seen_, push, gap) && HasRoom(gap, size);
  if (!enough) {
    seen_ = Load(Side::Pop);
    seen_from_ = push;
    if (!memory_->Between(seen_, push, gap)) return {Status::Corrupt};
    if (!HasRoom(gap, size)) return {Status::NotNow};
  }
  if (only_wanted && gap.records >= LivingWanted()) return {Status::NotNow};
  memory_->StoreRecordHeader(push, RecordHeader(static_cast<uint32_t>(size)));
  memory_->CopyIn(push, bytes, size);
  seen_from_ = memory_->Advance(push, UnitsFor(size));
  Commit(Side::Push, seen_from_);
  Outcome outcome{Status::Done};
  outcome.at = push;
  return outcome;
}

Outcome Ring::Pop(uint8_t* bytes, size_t size) {
  if (!attached_) return {Status::Closed};
  if (memory_->Lost()) return {Status::Corrupt};
  // Without the lock, where there is nothing: the way of those who poll.
  if (!CanPop()) return {Status::NotNow};
  const Status status = lock_.Acquire(Side::Pop);
  if (status != Status::Done) return {status};
  Outcome outcome = PopLocked(bytes, size);
  lock_.Release(Side::Pop);
  if (outcome.status == Status::Done) outcome.tell = waits_.Wake(Side::Push);
  return outcome;
}

Outcome Ring::PopLocked(uint8_t* bytes, size_t size) {
  Outcome front = Front();
  if (front.status != Status::Done) return front;
  if (front.length > size) {
    front.status = Status::TooLong;
    return front;
  }
  memory_->CopyOut(front.at, bytes, front.length);
  Commit(Side::Pop, memory_->Advance(front.at, UnitsFor(front.length)));
  return front;
}

Outcome Ring::Front() {
  for (;;) {
    Outcome front{Status::Done};
    front.at = Where(Side::Pop);
    Gap gap;
    if (!memory_->Between(front.at, Load(Side::Push), gap)) return {Status::Corrupt};
    if (gap.units == 0) return {Status::NotNow};
    const uint64_t header = memory_->LoadRecordHeader(front.at);
    front.length = static_cast<uint32_t>(header);
    const bool withdrawn = header == WithdrawnHeader(front.length);
    if (!withdrawn && header != RecordHeader(front.length)) return {Status::Corrupt};
    if (front.length > memory_->MaxRecordBytes() || UnitsFor(front.length) > gap.units) return {Status::Corrupt};
    if (!withdrawn) return front;
    Commit(Side::Pop, memory_->Advance(front.at, UnitsFor(front.length)));
  }
}

Outcome Ring::Withdraw(Position at, uint32_t length) {
  if (!attached_) return {Status::Closed};
  if (memory_->Lost()) return {Status::Corrupt};
  const Status status = lock_.Acquire(Side::Pop);
  if (status != Status::Done) return {status};
  Outcome outcome{Status::NotNow};
  if (!WasTaken(at)) {
    memory_->StoreRecordHeader(at, WithdrawnHeader(length));
    outcome.status = Status::Done;
    // Where it is the first, its room is free at once.
    if (Front().status == Status::Corrupt) outcome.status = Status::Corrupt;
  }
  lock_.Release(Side::Pop);
  if (outcome.status == Status::Done) outcome.tell = waits_.Wake(Side::Push);
  return outcome;
}

bool Ring::WasTaken(Position at) const {
  // Modulo 2^32: the number of records is far below half of it.
  return static_cast<int32_t>(Load(Side::Pop).records - at.records) > 0;
}

void Ring::Want() {
  wants_ += 1;
  if (wants_ == 1) memory_->EndOf(Side::Pop).waits.wanted.fetch_or(attachments_.Bit(), std::memory_order_release);
}

Status Ring::Unwant() {
  wants_ -= 1;
  if (wants_ > 0) return Status::Done;
  if (!attached_) return Status::Closed;
  const Status status = lock_.Acquire(Side::Push);
  memory_->EndOf(Side::Pop).waits.wanted.fetch_and(~attachments_.Bit(), std::memory_order_release);
  if (status == Status::Done) lock_.Release(Side::Push);
  return status;
}

uint32_t Ring::LivingWanted() {
  std::atomic<uint64_t>& wanted = memory_->EndOf(Side::Pop).waits.wanted;
  uint64_t bits = wanted.load(std::memory_order_acquire);
  uint32_t count = 0;
  for (uint32_t slot = 0; slot < max_attachments; slot += 1) {
    const uint64_t bit = uint64_t{1} << slot;
    if ((bits & bit) == 0) continue;
    if (attachments_.Dead(slot))
      wanted.fetch_and(~bit, std::memory_order_relaxed);
    else
      count += 1;
  }
  return count;
}

bool Ring::CanPush(size_t size) const {
  if (memory_->Lost()) return true;
  Gap gap;
  // The two are not of one moment, so a gap that can't be is no proof of anything here.
  const Position pop = Load(Side::Pop);
  return !memory_->Between(pop, Load(Side::Push), gap) || HasRoom(gap, size);
}

bool Ring::CanPop() const {
  if (memory_->Lost()) return true;
  const uint64_t push = memory_->EndOf(Side::Push).position.load(std::memory_order_acquire);
  return memory_->EndOf(Side::Pop).position.load(std::memory_order_relaxed) != push;
}

Status Ring::Trim() {
  if (!attached_) return Status::Closed;
  const Status pushing = lock_.Acquire(Side::Push);
  if (pushing != Status::Done) return pushing;
  Status status = lock_.Acquire(Side::Pop);
  if (status == Status::Done) {
    Gap gap;
    if (!memory_->Between(Load(Side::Pop), Load(Side::Push), gap))
      status = Status::Corrupt;
    else if (gap.units > 0)
      status = Status::NotNow;
    else
      memory_->Discard();
    lock_.Release(Side::Pop);
  }
  lock_.Release(Side::Push);
  return status;
}

std::optional<size_t> Ring::Direct(Side side, bool fenced) {
  if (!attached_ || !lock_.Kept(side) || memory_->MaxRecords() != 0) return std::nullopt;
  if (!fenced) memory_->EndOf(Other(side)).waits.unfenced.store(1, std::memory_order_seq_cst);
  return offsetof(Header, attachments) + (attachments_.Slot() * sizeof(Attachment)) + offsetof(Attachment, intents) +
         (Index(side) * sizeof(Intent));
}

bool Ring::Usage(Gap& gap) const {
  // Two loads that are not of one moment: once more where they don't fit each other.
  for (int attempt = 0; attempt < 100; attempt += 1) {
    const Position pop = Load(Side::Pop);
    const Position push = Load(Side::Push);
    if (memory_->Between(pop, push, gap)) return true;
  }
  return false;
}

}  // namespace tsrpcgen::ring
