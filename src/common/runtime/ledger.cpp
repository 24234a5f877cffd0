// SPDX-License-Identifier: Apache-2.0
#include "common/runtime/ledger.hpp"

#include "common/runtime/checked.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn {

BookingId Ledger::book(std::string_view name, std::int64_t count, std::int64_t element_bytes) {
  if (!status_.ok()) return {};
  if (count < 0 || element_bytes < 1) {
    status_ = {FLASHRNN_INTERNAL_ERROR,
               message("the booking ", name, " has ", count, " elements of ", element_bytes, " bytes")};
    return {};
  }
  std::int64_t size = 0;
  std::int64_t end = 0;
  // total_ is a multiple of the alignment, so the booking starts there.
  if (!checked_mul(count, element_bytes, &size) || !checked_add(total_, size, &end) ||
      !checked_add(end, kAlignment - 1, &end)) {
    status_ = Status::invalid(message("the buffer ", name, " needs ", count, " * ", element_bytes, " bytes beyond ",
                                      total_, " others, which passes the limit of 2^63 - 1 bytes"));
    return {};
  }
  const BookingId id{static_cast<std::int32_t>(entries_.size())};
  entries_.push_back({std::string(name), static_cast<std::size_t>(total_), static_cast<std::size_t>(size)});
  total_ = end / kAlignment * kAlignment;
  return id;
}

std::string Ledger::describe() const {
  std::string out;
  for (const Entry& e : entries_) {
    if (!out.empty()) out += ", ";
    out += message(e.name, " ", e.offset, "+", e.size);
  }
  return out;
}

}  // namespace flashrnn
