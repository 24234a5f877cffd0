// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "domain/domain.hpp"

/// Intersection, union, complement of a value.
namespace constrint {
namespace {

/// The common members of two progressions from low to high, which lie inside both; nothing when there are none.
/// The steps are at most 2^62, so the products below stay under 2^125.
void add_common(const Progression& a, const Progression& b, PieceBuilder& out) {
  const Value low = std::max(a.first, b.first);
  const Value high = std::min(a.last, b.last);
  if (low > high) return;
  if (a.step == 1 && b.step == 1) {
    out.add(Progression{low, high, 1});
    return;
  }
  const Value g = greatest_common_divisor(a.step, b.step);
  const Wide apart = Wide{b.first} - a.first;
  if (a.step != 1 && b.step != 1 && modulo(apart, g) != 0) return;
  // A step of 1 has any residue; its first member may be infinite, so it is not used.
  Value residue = 0;
  Wide step = 0;
  if (a.step == 1) {
    residue = b.first;
    step = b.step;
  } else if (b.step == 1) {
    residue = a.first;
    step = a.step;
  } else {
    const Value m = b.step / g;
    const Value k = modulo(Wide{modulo(apart / g, m)} * inverse_modulo(modulo(a.step / g, m), m), m);
    step = Wide{a.step} / g * b.step;
    const Wide first = Wide{a.first} + Wide{k} * a.step;  // congruent to both
    // Its least representative that is not below `low`.
    const Wide back = (first - low) / step;
    Wide member = first - back * step;
    if (member < low) member += step;
    if (member > high) return;
    residue = static_cast<Value>(member);
    if (step > kLimit) {  // at most three members in the range of values
      for (Wide v = member; v <= high; v += step) out.add(static_cast<Value>(v));
      return;
    }
  }
  const Domain common = progression(low, high, residue, static_cast<Value>(step));
  if (!common.empty()) out.add(Progression{common.low, common.high, common.step});
}

/// Of a single progression that meets [low, high]: an end that moves, moves to a member.
Domain cut_progression(const Domain& a, Value low, Value high) {
  const auto step = static_cast<std::uint64_t>(a.step);
  Value from = a.low;
  Value to = a.high;
  if (low > from) {
    from = low;
    const std::uint64_t rest = step == 1 || !is_finite(low) ? 0 : distance(a.low, low) % step;
    if (rest != 0) {
      if (step - rest > distance(low, a.high)) return {};
      from += static_cast<Value>(step - rest);
    }
  }
  if (high < to) {
    to = high;
    if (step != 1 && is_finite(high)) to -= static_cast<Value>(distance(a.low, high) % step);
  }
  if (from > to) return {};
  return {from, to, from == to || !is_finite(from) ? 1 : a.step, nullptr, 0};
}

}  // namespace

Domain cut(const Domain& a, Value low, Value high) {
  if (low <= a.low && high >= a.high) return a;
  if (low > high || low > a.high || high < a.low) return {};
  if (a.pieces == nullptr) return cut_progression(a, low, high);
  std::uint32_t from = 0;
  std::uint32_t to = a.count - 1;
  // Pieces outside go; a bound inside a piece moves to a member, or over the gap behind it.
  for (; from <= to && a.piece(from).last < low; ++from) {
  }
  while (to != 0 && a.piece(to).first > high) --to;
  if (from > to) return {};
  Progression first = a.piece(from);
  if (low > first.first) {
    const Domain d = progression(low, first.last, first.first, first.step);
    if (d.empty()) return {};
    first.first = d.low;
  }
  Progression last = from == to ? first : a.piece(to);
  if (high < last.last) {
    const Domain d = progression(last.first, high, last.first, last.step);
    if (d.empty()) return {};
    last.last = d.high;
  }
  if (from == to) return {last.first, last.last, last.first == last.last ? 1 : last.step, nullptr, 0};
  std::uint64_t step = is_finite(first.first) ? 0 : 1;
  const auto known = static_cast<std::uint64_t>(a.step);
  for (std::uint32_t i = from; i <= to && step != known && step != 1; ++i) {
    const Progression p = i == from ? first : i == to ? last : a.pieces[i];
    if (p.first != p.last) step = unsigned_gcd(step, static_cast<std::uint64_t>(p.step));
    if (i != from) step = unsigned_gcd(step, distance(first.first, p.first));
  }
  if (step > static_cast<std::uint64_t>(kLimit)) step = known;
  return {first.first, last.last, static_cast<Value>(step), a.pieces + from, to - from + 1};
}

Domain intersection(const Domain& a, const Domain& b, Arena& arena) {
  if (a.empty() || b.empty()) return {};
  if (b.pieces == nullptr && b.step == 1) return cut(a, b.low, b.high);
  if (a.pieces == nullptr && a.step == 1) return cut(b, a.low, a.high);
  PieceBuilder out;
  std::uint32_t i = 0;
  std::uint32_t j = 0;
  const std::uint32_t n = a.piece_count();
  const std::uint32_t m = b.piece_count();
  while (i < n && j < m) {
    const Progression p = a.piece(i);
    const Progression q = b.piece(j);
    add_common(p, q, out);
    if (p.last < q.last) {
      ++i;
    } else {
      ++j;
    }
  }
  if (!out.relaxed()) return out.finish(arena);
  return cut(n >= m ? a : b, std::max(a.low, b.low), std::min(a.high, b.high));
}

Domain congruent(const Domain& a, Value residue, Value step, Arena& arena) {
  if (a.empty() || step == 1) return a;
  if (a.pieces == nullptr && a.step == 1) return progression(a.low, a.high, residue, step);
  if (!is_finite(a.low)) return a;
  if (a.pieces == nullptr && step % a.step == 0) {
    if (modulo(Wide{residue} - a.low, a.step) != 0) return {};
    return progression(a.low, a.high, residue, step);
  }
  return intersection(a, progression(a.low, a.high, residue, step), arena);
}

namespace {

constexpr Value kMergedValues = 512;

Domain unite_values(const Domain& a, const Domain& b, Arena& arena) {
  Value left[kMergedValues];
  std::size_t size = 0;
  ascending(a, [&](Value v) {
    left[size++] = v;
    return true;
  });
  PieceBuilder out;
  std::size_t i = 0;
  ascending(b, [&](Value v) {
    for (; i < size && left[i] < v; ++i) out.add(left[i]);
    if (i < size && left[i] == v) ++i;
    out.add(v);
    return true;
  });
  for (; i < size; ++i) out.add(left[i]);
  return out.finish(arena);
}

/// The smallest progression around two that overlap; the same set when their members are congruent.
Progression around(const Progression& a, const Progression& b) {
  Progression both{std::min(a.first, b.first), std::max(a.last, b.last), 1};
  if (!is_finite(a.first) || !is_finite(b.first)) return both;
  std::uint64_t step = distance(both.first, std::max(a.first, b.first));
  if (a.first != a.last) step = unsigned_gcd(step, static_cast<std::uint64_t>(a.step));
  if (b.first != b.last) step = unsigned_gcd(step, static_cast<std::uint64_t>(b.step));
  if (step != 0 && step <= static_cast<std::uint64_t>(kLimit)) both.step = static_cast<Value>(step);
  return both;
}

}  // namespace

Domain unite(const Domain& a, const Domain& b, Arena& arena) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  if (a.at_most(kMergedValues) && b.at_most(kMergedValues)) return unite_values(a, b, arena);
  PieceBuilder out;
  std::uint32_t i = 0;
  std::uint32_t j = 0;
  const std::uint32_t n = a.piece_count();
  const std::uint32_t m = b.piece_count();
  const auto next = [&] {
    return j == m || (i < n && a.piece(i).first <= b.piece(j).first) ? a.piece(i++) : b.piece(j++);
  };
  Progression open = next();
  while (i < n || j < m) {
    const Progression p = next();
    if (p.first > open.last) {
      out.add(open);
      open = p;
    } else {
      open = around(open, p);
    }
  }
  out.add(open);
  return out.finish(arena);
}

Domain without(const Domain& a, Value value, Arena& arena) {
  if (!a.contains(value)) return a;
  if (value == a.low) return cut(a, value + 1, kInfinity);
  if (value == a.high) return cut(a, -kInfinity, value - 1);
  PieceBuilder out;
  for (std::uint32_t i = 0, n = a.piece_count(); i < n; ++i) {
    const Progression p = a.piece(i);
    if (value < p.first || value > p.last) {
      out.add(p);
      continue;
    }
    const Domain before = progression(p.first, value - 1, p.first, p.step);
    const Domain after = progression(value + 1, p.last, value, p.step);
    if (value > p.first && !before.empty()) out.add(Progression{before.low, before.high, before.step});
    if (value < p.last && !after.empty()) out.add(Progression{after.low, after.high, after.step});
  }
  return out.relaxed() ? a : out.finish(arena);
}

}  // namespace constrint
