// SPDX-License-Identifier: Apache-2.0
#include "propagation/term_table.hpp"

#include <algorithm>

namespace constrint {
namespace {

std::uint32_t hash_of(std::span<const Value> key) {
  std::uint64_t h = 0x9e3779b97f4a7c15u;
  for (const Value word : key) {
    h = (h ^ static_cast<std::uint64_t>(word)) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  return static_cast<std::uint32_t>(h);
}

}  // namespace

std::size_t TermTable::slot(std::uint32_t hash, std::span<const Value> key) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Entry& e = slots_[i];
    if (e.variable < 0) return i;
    if (e.hash == hash && e.size == key.size() &&
        std::equal(key.begin(), key.end(), words_.begin() + static_cast<std::ptrdiff_t>(e.first))) {
      return i;
    }
  }
}

Var TermTable::find(std::span<const Value> key) const { return slots_[slot(hash_of(key), key)].variable; }

void TermTable::insert(std::span<const Value> key, Var variable) {
  if (slots_.size() < 2 * (count_ + 1)) grow();
  const std::uint32_t hash = hash_of(key);
  slots_[slot(hash, key)] = {hash, static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(words_.size()),
                             variable};
  words_.insert(words_.end(), key.begin(), key.end());
  ++count_;
}

void TermTable::grow() {
  std::vector<Entry> old(2 * slots_.size());
  old.swap(slots_);
  for (const Entry& e : old) {
    if (e.variable >= 0) slots_[slot(e.hash, std::span(words_).subspan(e.first, e.size))] = e;
  }
}

}  // namespace constrint
