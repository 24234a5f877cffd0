// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "domain/arena.hpp"
#include "domain/wide.hpp"

namespace constrint {

/// No operation makes more pieces than this: a set that needs them is relaxed to a superset. Declared sets may have
/// more.
inline constexpr std::uint32_t kMaxPieces = 256;

/// A set of integers: one arithmetic progression, or several that follow one another without interleaving (a small
/// value set is the case of short ones). A plain value: the pieces lie in an arena and are never written again, so
/// copying a domain copies 40 bytes, and cutting its ends makes no new pieces.
///
/// low == -kInfinity: unbounded below; high == kInfinity: unbounded above. low == high == kInfinity: some value beyond
/// kLimit, unknown which (and likewise below). A set that is unbounded below has step 1 in its first piece.
struct Domain {
  Value low = 0;
  Value high = -1;
  /// All members are congruent modulo step; in [1, kLimit]. Of a single progression: the distance of its members.
  Value step = 1;
  const Progression* pieces = nullptr;  ///< null: the single progression low, low + step, ..., high
  std::uint32_t count = 0;              ///< of pieces; the first is cut at low, the last at high

  [[nodiscard]] bool empty() const { return low > high; }
  [[nodiscard]] bool bounded() const { return low > -kInfinity && high < kInfinity; }
  /// One known value.
  [[nodiscard]] bool fixed() const { return low == high && is_finite(low); }
  [[nodiscard]] std::uint32_t piece_count() const { return pieces == nullptr ? (empty() ? 0 : 1) : count; }
  [[nodiscard]] Progression piece(std::uint32_t i) const {
    if (pieces == nullptr) return {low, high, step};
    Progression p = pieces[i];
    if (i == 0) p.first = low;
    if (i + 1 == count) p.last = high;
    return p;
  }
  [[nodiscard]] bool contains(Value value) const;
  /// Number of members; kInfinity when unbounded.
  [[nodiscard]] Value size() const;
  /// size() <= limit, without counting further.
  [[nodiscard]] bool at_most(Value limit) const;
  /// The greatest g that is known to divide every member; 0 for {0}.
  [[nodiscard]] Value content() const {
    if (!is_finite(low) || (step == 1 && low != high)) return 1;
    return low == high ? static_cast<Value>(magnitude(low)) : greatest_common_divisor(low, step);
  }
};

/// As contains(), of any value: one beyond kLimit may be a member of what is unbounded on its side.
inline bool may_contain(const Domain& domain, Wide value) {
  if (value > kLimit) return domain.high == kInfinity;
  if (value < -kLimit) return domain.low == -kInfinity;
  return domain.contains(static_cast<Value>(value));
}

/// The integers from low to high.
constexpr Domain range(Value low, Value high) { return {low, high, 1, nullptr, 0}; }
constexpr Domain all_integers() { return range(-kInfinity, kInfinity); }
constexpr Domain single(Value value) { return range(value, value); }
/// Moves the ends inwards to members: residue modulo step, step >= 1. At least one end must be finite, or step 1.
Domain progression(Value low, Value high, Value residue, Value step);

/// Calls visit(value) for each member in ascending order until it returns false. The domain must be bounded.
template <typename Visit>
void ascending(const Domain& domain, Visit&& visit) {
  for (std::uint32_t i = 0, n = domain.piece_count(); i < n; ++i) {
    const Progression p = domain.piece(i);
    for (Value v = p.first;; v += p.step) {
      if (!visit(v)) return;
      if (v == p.last) break;
    }
  }
}

/// As above in descending order.
template <typename Visit>
void descending(const Domain& domain, Visit&& visit) {
  for (std::uint32_t i = domain.piece_count(); i-- > 0;) {
    const Progression p = domain.piece(i);
    for (Value v = p.last;; v -= p.step) {
      if (!visit(v)) return;
      if (v == p.first) break;
    }
  }
}

/// Collects ascending values or progressions and joins neighbours where they continue one another.
class PieceBuilder {
 public:
  PieceBuilder() = default;  // `items_` stays uninitialised on purpose
  void add(Value value) { add(Progression{value, value, 1}); }
  /// first > every value so far.
  void add(Progression p);
  /// Too many pieces: neighbours were put together, finish() gives a superset.
  [[nodiscard]] bool relaxed() const { return relaxed_; }
  [[nodiscard]] Domain finish(Arena& arena);

 private:
  void append(Progression p);
  void fold();

  bool relaxed_ = false;
  std::uint32_t count_ = 0;
  struct Uninitialised {
    Value first, last, step;
  };
  Uninitialised items_[kMaxPieces];
};

/// From progressions that ascend without interleaving, at least one; exact.
Domain from_progressions(std::span<const Progression> progressions, Arena& arena);
/// From values in any order, repeated or not; sorts them in place.
Domain from_values(std::span<Value> values, Arena& arena);

// Exact.
Domain intersection(const Domain& a, const Domain& b, Arena& arena);
Domain cut(const Domain& a, Value low, Value high);
/// The members that are `residue` modulo `step`.
Domain congruent(const Domain& a, Value residue, Value step, Arena& arena);

// Exact where the pieces suffice, else a superset (for `without`: the set itself).
Domain unite(const Domain& a, const Domain& b, Arena& arena);
Domain without(const Domain& a, Value value, Arena& arena);
Domain sum(const Domain& a, const Domain& b, Arena& arena);
Domain product(const Domain& a, const Domain& b, Arena& arena);
/// All x with x * b = a for a member a and a member b != 0.
Domain quotient(const Domain& a, const Domain& b, Arena& arena);
Domain power(const Domain& a, Value exponent, Arena& arena);
/// All d, of both signs, that divide a member other than 0; everything but 0 when 0 is a member.
Domain divisors(const Domain& a, Arena& arena);
/// All integers from -kLimit to kLimit that a member other than 0 divides.
Domain multiples(const Domain& a, Arena& arena);

}  // namespace constrint
