// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/status.hpp"

/// Memory that the caller supplies (workspace, reserve, packed weights), divided once at planning:
///
///     Ledger ledger;                                              // planning: members of the plan
///     BookingId dh = ledger.book("dh", batch * units, sizeof(float));
///     FLASHRNN_RETURN_IF_ERROR(ledger.status());
///     ... sizes.forward_workspace = ledger.bytes();
///     Workspace workspace(ledger, args.workspace);                // at the call: no allocation, no arithmetic
///     float* p = workspace.take<float>(dh);
namespace flashrnn {

/// Names a booking of one ledger. Default-constructed: none; taking it gives null.
struct BookingId {
  std::int32_t index = -1;
  [[nodiscard]] bool valid() const { return index >= 0; }
};

class Ledger {
 public:
  static constexpr std::int64_t kAlignment = FLASHRNN_BUFFER_ALIGNMENT;

  /// Books `count` elements of `element_bytes` each, aligned to kAlignment. A negative count or a total past 2^63 - 1
  /// bytes makes status() an error, which stays; the id then has no use. `name` is copied.
  BookingId book(std::string_view name, std::int64_t count, std::int64_t element_bytes);

  /// Success, or the first error of a booking.
  [[nodiscard]] const Status& status() const { return status_; }

  /// The size of the whole buffer; a multiple of kAlignment, 0 when nothing is booked.
  [[nodiscard]] std::size_t bytes() const { return static_cast<std::size_t>(total_); }

  /// Bytes from the buffer's start, and bytes asked for. `id` is valid and of this ledger.
  [[nodiscard]] std::size_t offset(BookingId id) const { return entry(id).offset; }
  [[nodiscard]] std::size_t size(BookingId id) const { return entry(id).size; }

  [[nodiscard]] const char* name(BookingId id) const { return entry(id).name.c_str(); }

  /// "name offset+size, ..." for logs and descriptions.
  [[nodiscard]] std::string describe() const;

 private:
  struct Entry {
    std::string name;
    std::size_t offset;
    std::size_t size;
  };
  [[nodiscard]] const Entry& entry(BookingId id) const { return entries_[static_cast<std::size_t>(id.index)]; }

  std::vector<Entry> entries_;
  std::int64_t total_ = 0;
  Status status_;
};

/// A buffer seen through its ledger. Cheap to copy; both must outlive it.
class Workspace {
 public:
  /// `base` is aligned to Ledger::kAlignment and holds ledger.bytes() bytes; null only when that is 0.
  Workspace(const Ledger& ledger, void* base) : ledger_(&ledger), base_(static_cast<std::byte*>(base)) {}

  /// The booking's memory, not initialised; null for an id that is not valid and for bookings of no bytes.
  template <typename T>
  [[nodiscard]] T* take(BookingId id) const {
    if (!id.valid() || ledger_->size(id) == 0) return nullptr;
    return reinterpret_cast<T*>(base_ + ledger_->offset(id));
  }

 private:
  const Ledger* ledger_;
  std::byte* base_;
};

/// The same for memory that the call only reads.
class ConstWorkspace {
 public:
  ConstWorkspace(const Ledger& ledger, const void* base)
      : ledger_(&ledger), base_(static_cast<const std::byte*>(base)) {}

  template <typename T>
  [[nodiscard]] const T* take(BookingId id) const {
    if (!id.valid() || ledger_->size(id) == 0) return nullptr;
    return reinterpret_cast<const T*>(base_ + ledger_->offset(id));
  }

 private:
  const Ledger* ledger_;
  const std::byte* base_;
};

}  // namespace flashrnn
