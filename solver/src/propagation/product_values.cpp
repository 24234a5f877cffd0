// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <span>

#include "propagation/product.hpp"

namespace constrint {
namespace {

/// A small set of positive values, found by hashing. Not usable before clear().
class SmallSet {
 public:
  void clear() {
    slots_.fill(0);
    count_ = 0;
  }
  [[nodiscard]] std::span<const Value> values() const { return {values_.data(), count_}; }
  [[nodiscard]] bool has(Value v) const { return slots_[slot(v)] == v; }
  /// False when it is full.
  bool insert(Value v) {
    Value& place = slots_[slot(v)];
    if (place == v) return true;
    if (count_ == values_.size()) return false;
    place = v;
    values_[count_++] = v;
    return true;
  }

 private:
  static constexpr int kSlotBits = 7;  // twice as many slots as values
  [[nodiscard]] std::size_t slot(Value v) const {
    std::size_t i = static_cast<std::uint64_t>(v) * 0x9e3779b97f4a7c15u >> (64 - kSlotBits);
    while (slots_[i] != 0 && slots_[i] != v) i = (i + 1) % slots_.size();
    return i;
  }
  std::array<Value, std::size_t{1} << kSlotBits> slots_;
  std::array<Value, ProductValues::kMaxSet> values_;
  std::size_t count_;
};

}  // namespace

Verdict ProductValues::propagate(Store& store) {
  const std::size_t n = variables().size() - 1;
  const Var result = variables()[n];
  std::size_t open[kMaxFactors];
  std::size_t opens = 0;
  Wide known = 1;
  for (std::size_t i = 0; i < n; ++i) {
    const Domain& d = store[variables()[i]];
    if (d.low <= 0) return Verdict::kStays;
    if (d.fixed()) {
      known *= d.low;
      if (known > kLimit) return Verdict::kStays;
    } else {
      if (!d.at_most(kMaxSet)) return Verdict::kStays;
      open[opens++] = i;
    }
  }
  // With one factor open, Product is as strong.
  if (opens < 2) return Verdict::kStays;
  const Domain results = store[result];
  const auto factor = static_cast<Value>(known);

  // Where the result is one of few values, only what divides their least common multiple can be part of one.
  const bool few = results.at_most(kMaxSet);
  Wide common = 1;
  if (few) {
    ascending(results, [&](Value y) {
      if (y % factor != 0) return true;
      const auto q = static_cast<Value>(magnitude(y / factor));
      common = common / greatest_common_divisor(static_cast<Value>(common), q) * q;
      return common <= kLimit;
    });
  }
  const bool by_divisors = few && common <= kLimit;
  const auto multiple = static_cast<Value>(by_divisors ? common : 0);
  // A product beyond every limit has no place in a set.
  if (results.high == kInfinity) return Verdict::kStays;
  const Value most = results.high / factor;

  // partial[k]: products of the first k open factors.
  if (opens > kMaxOpen) return Verdict::kStays;
  SmallSet partial[kMaxOpen + 1];
  partial[0].clear();
  partial[0].insert(1);
  for (std::size_t k = 0; k < opens; ++k) {
    const Domain& d = store[variables()[open[k]]];
    partial[k + 1].clear();
    bool fitting = true;
    for (const Value p : partial[k].values()) {
      ascending(d, [&](Value v) {
        Value next = 0;
        if (__builtin_mul_overflow(p, v, &next) || next > most) return false;
        if (by_divisors && multiple % next != 0) return true;
        return fitting = partial[k + 1].insert(next);
      });
      if (!fitting) return Verdict::kStays;
    }
  }

  SmallSet reached;
  reached.clear();
  for (const Value p : partial[opens].values()) {
    if (may_contain(results, Wide{p} * factor)) reached.insert(p);
  }
  if (few) {
    if (!store.filter(result, [&](Value y) { return y % factor == 0 && reached.has(y / factor); }))
      return Verdict::kFails;
  } else {
    Value values[kMaxSet];
    std::size_t count = 0;
    for (const Value p : reached.values()) values[count++] = p * factor;
    if (!store.intersect(result, from_values({values, count}, store.arena()))) return Verdict::kFails;
  }
  // Backwards: the partial products that can be completed, and the values that complete them.
  for (std::size_t k = opens; k-- > 0;) {
    const Var x = variables()[open[k]];
    SmallSet earlier;
    earlier.clear();
    const bool kept = store.filter(x, [&](Value v) {
      bool any = false;
      for (const Value p : partial[k].values()) {
        Value next = 0;
        if (!__builtin_mul_overflow(p, v, &next) && reached.has(next)) {
          any = true;
          earlier.insert(p);
        }
      }
      return any;
    });
    if (!kept) return Verdict::kFails;
    reached = earlier;
  }
  return Verdict::kStays;
}

}  // namespace constrint
