// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "propagation/propagator.hpp"

namespace constrint {

/// Finds the variable that stands for a term already met. A key is a list of numbers; the first says what kind of term
/// it is.
class TermTable {
 public:
  TermTable() : slots_(kFirstSlots) { words_.reserve(kFirstSlots * 3); }

  /// The variable of an equal key, or -1.
  [[nodiscard]] Var find(std::span<const Value> key) const;
  /// `key` must not be there.
  void insert(std::span<const Value> key, Var variable);

 private:
  static constexpr std::size_t kFirstSlots = 128;

  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t size = 0;
    std::uint32_t first = 0;  ///< into words_
    Var variable = -1;
  };
  [[nodiscard]] std::size_t slot(std::uint32_t hash, std::span<const Value> key) const;
  void grow();

  std::vector<Value> words_;
  std::vector<Entry> slots_;  // their number is a power of 2; a free one has variable -1
  std::size_t count_ = 0;
};

}  // namespace constrint
