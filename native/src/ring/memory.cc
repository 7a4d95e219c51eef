#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "../util/process_identity.h"

namespace tsrpcgen::ring {
namespace {

bool Fits(const Pages& pages, size_t offset, size_t length) {
  return pages.Writable() && offset % alignof(Header) == 0 && offset <= pages.Size() &&
         length <= pages.Size() - offset && length > sizeof(Header);
}

}  // namespace

int Memory::Format(Pages& pages, size_t offset, size_t length, const Options& options) {
  if (!Fits(pages, offset, length)) return EINVAL;
  const size_t units = (length - sizeof(Header)) / unit_bytes;
  if (units < 2 || units > max_capacity_units) return EINVAL;
  uint8_t* at = pages.Data() + offset;
  // No one takes it for a ring while it is made.
  reinterpret_cast<std::atomic<uint64_t>*>(at)->store(0, std::memory_order_seq_cst);
  std::memset(at, 0, sizeof(Header));
  auto* header = reinterpret_cast<Header*>(at);
  struct Format& format = header->format;
  format.version = layout_version;
  format.flags = (options.many_producers ? many_producers : 0U) | (options.many_consumers ? many_consumers : 0U);
  format.capacity_units = static_cast<uint32_t>(units);
  format.max_records = options.max_records;
  format.data_offset = sizeof(Header);
  format.attachments = max_attachments;
  format.pid_namespace = PidNamespace();
  for (Attachment& attachment : header->attachments) {
    for (Intent& intent : attachment.intents) intent.target.store(no_target, std::memory_order_relaxed);
  }
  // Release: who sees the magic sees all of the above.
  format.magic.store(magic, std::memory_order_release);
  return 0;
}

std::unique_ptr<Memory> Memory::Open(std::shared_ptr<Pages> pages, size_t offset, int& error) {
  error = EINVAL;
  if (!Fits(*pages, offset, sizeof(Header) + 1)) return nullptr;
  auto* header = reinterpret_cast<Header*>(pages->Data() + offset);
  error = EBADMSG;
  if (header->format.magic.load(std::memory_order_acquire) != magic) return nullptr;
  // Copied before it is looked at: what was checked is what is used.
  uint32_t version = 0;
  uint32_t flags = 0;
  uint32_t capacity = 0;
  uint32_t max_records = 0;
  uint32_t data_offset = 0;
  uint32_t attachments = 0;
  uint64_t pid_namespace = 0;
  const auto copy = [](auto& into, const auto& from) {
    const volatile auto* once = &from;
    into = *once;
  };
  copy(version, header->format.version);
  copy(flags, header->format.flags);
  copy(capacity, header->format.capacity_units);
  copy(max_records, header->format.max_records);
  copy(data_offset, header->format.data_offset);
  copy(attachments, header->format.attachments);
  copy(pid_namespace, header->format.pid_namespace);
  if (version != layout_version || data_offset != sizeof(Header) || attachments != max_attachments) {
    error = ENOTSUP;
    return nullptr;
  }
  if (capacity < 2 || capacity > max_capacity_units ||
      size_t{capacity} * unit_bytes > pages->Size() - offset - sizeof(Header))
    return nullptr;
  // Pids of another namespace are other processes here, or none: who lives would be taken for dead.
  if (pid_namespace != PidNamespace()) {
    error = ENOTSUP;
    return nullptr;
  }
  std::unique_ptr<Memory> memory(new Memory());
  memory->header_ = header;
  memory->data_ = pages->Data() + offset + sizeof(Header);
  memory->capacity_ = capacity;
  memory->max_records_ = max_records;
  memory->many_ = {(flags & many_producers) != 0, (flags & many_consumers) != 0};
  memory->pages_ = std::move(pages);
  error = 0;
  return memory;
}

size_t Memory::MaxRecordBytes() const {
  return std::min<size_t>((size_t{capacity_} - 1) * unit_bytes, UINT32_MAX - unit_bytes);
}

bool Memory::Between(Position pop, Position push, Gap& gap) const {
  const uint64_t turn = uint64_t{capacity_} * 2;
  if (pop.units >= turn || push.units >= turn) return false;
  const uint64_t units = push.units >= pop.units ? push.units - pop.units : push.units + turn - pop.units;
  const uint32_t records = push.records - pop.records;
  // Each record has at least one unit.
  if (units > capacity_ || records > units || (units == 0) != (records == 0)) return false;
  gap.units = static_cast<uint32_t>(units);
  gap.records = records;
  return true;
}

Position Memory::Advance(Position from, uint32_t units) const {
  const uint64_t turn = uint64_t{capacity_} * 2;
  const uint64_t to = uint64_t{from.units} + units;
  return Position{static_cast<uint32_t>(to >= turn ? to - turn : to), from.records + 1};
}

size_t Memory::ByteOf(Position at) const {
  return size_t{at.units >= capacity_ ? at.units - capacity_ : at.units} * unit_bytes;
}

size_t Memory::AfterHeader(Position at) const {
  const size_t after = ByteOf(at) + unit_bytes;
  return after == size_t{capacity_} * unit_bytes ? 0 : after;
}

uint64_t Memory::LoadRecordHeader(Position at) const {
  return reinterpret_cast<const std::atomic<uint64_t>*>(data_ + ByteOf(at))->load(std::memory_order_relaxed);
}

void Memory::StoreRecordHeader(Position at, uint64_t header) {
  reinterpret_cast<std::atomic<uint64_t>*>(data_ + ByteOf(at))->store(header, std::memory_order_relaxed);
}

void Memory::CopyIn(Position at, const uint8_t* bytes, size_t size) {
  const size_t end = size_t{capacity_} * unit_bytes;
  const size_t begin = AfterHeader(at);
  const size_t before_end = std::min(size, end - begin);
  if (before_end > 0) std::memcpy(data_ + begin, bytes, before_end);
  if (size > before_end) std::memcpy(data_, bytes + before_end, size - before_end);
}

void Memory::CopyOut(Position at, uint8_t* bytes, size_t size) const {
  const size_t end = size_t{capacity_} * unit_bytes;
  const size_t begin = AfterHeader(at);
  const size_t before_end = std::min(size, end - begin);
  if (before_end > 0) std::memcpy(bytes, data_ + begin, before_end);
  if (size > before_end) std::memcpy(bytes + before_end, data_, size - before_end);
}

void Memory::Discard() {
#if defined(__linux__)
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(data_) + page - 1) & ~(page - 1);
  const auto end = (reinterpret_cast<uintptr_t>(data_) + (size_t{capacity_} * unit_bytes)) & ~(page - 1);
  // Where the file system can't, the pages stay: nothing is wrong then.
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_REMOVE);
#endif
}

}  // namespace tsrpcgen::ring
