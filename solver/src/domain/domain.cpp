// SPDX-License-Identifier: Apache-2.0
#include "domain/domain.hpp"

#include <algorithm>

namespace constrint {

bool Domain::contains(Value value) const {
  if (value < low || value > high) return false;
  if (pieces == nullptr) return step == 1 || modulo(Wide{value} - low, step) == 0;
  // The first piece that ends at or after the value.
  std::uint32_t from = 0;
  std::uint32_t to = count - 1;
  while (from < to) {
    const std::uint32_t middle = (from + to) / 2;
    if (pieces[middle].last < value) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  const Progression& p = pieces[from];
  return value >= p.first && value <= p.last && (p.step == 1 || modulo(Wide{value} - p.first, p.step) == 0);
}

Value Domain::size() const {
  if (empty()) return 0;
  if (!bounded()) return kInfinity;
  if (pieces == nullptr) return saturate(Wide{distance(low, high) / static_cast<std::uint64_t>(step)} + 1);
  Wide total = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Progression p = piece(i);
    total += distance(p.first, p.last) / static_cast<std::uint64_t>(p.step) + 1;
  }
  return saturate(total);
}

bool Domain::at_most(Value limit) const {
  if (!bounded()) return false;
  if (pieces == nullptr) return Wide{high} - low < Wide{limit} * step;
  return count <= limit && size() <= limit;
}

Domain progression(Value low, Value high, Value residue, Value step) {
  if (step == 1) return range(low, high);
  if (is_finite(low)) {
    const Wide first = Wide{low} + modulo(Wide{residue} - low, step);
    if (first > high || first > kLimit) return {};
    low = static_cast<Value>(first);
  }
  if (is_finite(high)) {
    const Wide last = Wide{high} - modulo(Wide{high} - residue, step);
    if (last < low || last < -kLimit) return {};
    high = static_cast<Value>(last);
  }
  if (low > high) return {};
  if (low == high || !is_finite(low)) step = 1;
  return {low, high, step, nullptr, 0};
}

namespace {

/// A divisor of the distance that a step may be.
Value as_step(std::uint64_t distance) {
  constexpr auto kMost = static_cast<std::uint64_t>(kLimit);
  return static_cast<Value>(distance > kMost ? distance / 2 : distance);
}

}  // namespace

void PieceBuilder::add(Progression p) {
  if (p.step > kLimit) {
    for (Value v = p.first;; v += p.step) {
      append({v, v, 1});
      if (v == p.last) return;
    }
  }
  append(p);
}

void PieceBuilder::append(Progression p) {
  if (p.first == p.last) p.step = 1;
  if (count_ != 0) {
    Uninitialised& last = items_[count_ - 1];
    if (is_finite(last.last) && is_finite(p.first)) {
      const std::uint64_t gap = distance(last.last, p.first);
      const bool one = last.first == last.last;
      const bool single = p.first == p.last;
      const auto step = static_cast<std::uint64_t>(p.step);
      const bool continues = one ? gap <= static_cast<std::uint64_t>(kLimit) && is_finite(last.first)
                                 : gap == static_cast<std::uint64_t>(last.step);
      if (continues && (single || step == gap)) {
        last.step = static_cast<Value>(gap);
        last.last = p.last;
        return;
      }
      if (continues && !one && is_finite(p.last)) {  // the first value of a run with another step
        last.last = p.first;
        append({p.first + p.step, p.last, p.step});
        return;
      }
    }
    if (count_ == kMaxPieces) fold();
  }
  items_[count_++] = {p.first, p.last, p.step};
}

/// Two progressions next to one another become the smallest one around both, all along the list.
void PieceBuilder::fold() {
  relaxed_ = true;
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < count_; i += 2) {
    if (i + 1 == count_) {
      items_[kept++] = items_[i];
      continue;
    }
    const Uninitialised a = items_[i];
    const Uninitialised b = items_[i + 1];
    std::uint64_t step = 1;
    if (is_finite(a.first)) {
      step = unsigned_gcd(distance(a.first, b.first), a.first == a.last ? 0 : static_cast<std::uint64_t>(a.step));
      step = unsigned_gcd(step, b.first == b.last ? 0 : static_cast<std::uint64_t>(b.step));
    }
    items_[kept++] = {a.first, b.last, as_step(step)};
  }
  count_ = kept;
}

Domain PieceBuilder::finish(Arena& arena) {
  if (count_ == 0) return {};
  if (count_ == 1) {
    const Uninitialised& p = items_[0];
    return {p.first, p.last, p.first == p.last ? 1 : p.step, nullptr, 0};
  }
  std::uint64_t step = is_finite(items_[0].first) ? 0 : 1;
  for (std::uint32_t i = 0; i < count_ && step != 1; ++i) {
    const Uninitialised& p = items_[i];
    if (p.first != p.last) step = unsigned_gcd(step, static_cast<std::uint64_t>(p.step));
    if (i != 0) step = unsigned_gcd(step, distance(items_[0].first, p.first));
  }
  auto* pieces = arena.allocate<Progression>(count_);
  for (std::uint32_t i = 0; i < count_; ++i) {
    new (pieces + i) Progression{items_[i].first, items_[i].last, items_[i].step};
  }
  return {items_[0].first, items_[count_ - 1].last, as_step(step), pieces, count_};
}

Domain from_progressions(std::span<const Progression> progressions, Arena& arena) {
  if (progressions.size() == 1 && progressions[0].step <= kLimit) {
    const Progression& p = progressions[0];
    return {p.first, p.last, p.first == p.last ? 1 : p.step, nullptr, 0};
  }
  bool long_steps = false;
  for (const Progression& p : progressions) long_steps = long_steps || p.step > kLimit;
  if (progressions.size() <= kMaxPieces || long_steps) {
    PieceBuilder builder;
    for (const Progression& p : progressions) builder.add(p);
    if (!builder.relaxed()) return builder.finish(arena);
  }
  // What was declared is kept exactly, however many pieces it has.
  std::uint64_t step = 0;
  for (const Progression& p : progressions) {
    if (p.first != p.last) step = unsigned_gcd(step, static_cast<std::uint64_t>(p.step));
    step = unsigned_gcd(step, distance(progressions.front().first, p.first));
  }
  return {progressions.front().first, progressions.back().last, as_step(step), arena.copy(progressions).data(),
          static_cast<std::uint32_t>(progressions.size())};
}

Domain from_values(std::span<Value> values, Arena& arena) {
  std::sort(values.begin(), values.end());
  PieceBuilder builder;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i == 0 || values[i] != values[i - 1]) builder.add(values[i]);
  }
  return builder.finish(arena);
}

}  // namespace constrint
