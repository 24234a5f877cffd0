// SPDX-License-Identifier: Apache-2.0
#include "language/ranges.hpp"

#include <algorithm>
#include <cstddef>

namespace constrint::language {
namespace {

__extension__ using Wide = __int128;

/// g = gcd(a, b) and x with a * x = g modulo b, for a, b > 0.
Wide extended_gcd(Wide a, Wide b, Wide* x) {
  Wide previous = 1;
  Wide current = 0;
  while (b != 0) {
    const Wide quotient = a / b;
    const Wide rest = a - quotient * b;
    a = b;
    b = rest;
    const Wide next = previous - quotient * current;
    previous = current;
    current = next;
  }
  *x = previous;
  return a;
}

/// The common values of two progressions, which are one again. Steps are below 2^63, so that their products fit.
std::optional<Progression> common(const Progression& a, const Progression& b) {
  const Value low = std::max(a.first, b.first);
  const Value high = std::min(a.last, b.last);
  if (low > high) return std::nullopt;
  Wide inverse = 0;
  const Wide gcd = extended_gcd(a.step, b.step, &inverse);
  const Wide distance = Wide{b.first} - a.first;
  if (distance % gcd != 0) return std::nullopt;
  // a.first + k a.step = b.first (mod b.step)
  const Wide modulus = b.step / gcd;
  Wide k = (distance / gcd % modulus) * (inverse % modulus) % modulus;
  if (k < 0) k += modulus;
  const Wide step = a.step * modulus;
  Wide first = a.first + k * a.step;
  first += (low - first) / step * step;  // within one step of low, from either side
  if (first < low) first += step;
  if (first > high) return std::nullopt;
  const Wide last = first + (high - first) / step * step;
  // One value: any step does.
  return Progression{static_cast<Value>(first), static_cast<Value>(last), first == last ? 1 : static_cast<Value>(step)};
}

Wide count_of(const Progression& p) { return (Wide{p.last} - p.first) / p.step + 1; }

/// Ascending distinct values as few progressions, greedily from the left.
void append_values(const std::vector<Value>& values, std::vector<Progression>* out) {
  for (std::size_t i = 0; i < values.size();) {
    if (i + 1 == values.size()) {
      out->push_back({values[i], values[i], 1});
      return;
    }
    const Value step = values[i + 1] - values[i];
    std::size_t end = i + 2;
    while (end < values.size() && values[end] - values[end - 1] == step) ++end;
    // Two values far apart are two progressions of one: the second may begin a longer one.
    if (end - i == 2 && step > 1 && end < values.size()) end = i + 1;
    out->push_back({values[i], values[end - 1], end - i == 1 ? 1 : step});
    i = end;
  }
}

/// Progressions that overlap each other in a chain. False when there are too many values.
bool append_cluster(const std::vector<Progression>& cluster, Value high, std::vector<Progression>* out) {
  if (cluster.size() == 1) {
    out->push_back(cluster.front());
    return true;
  }
  if (std::all_of(cluster.begin(), cluster.end(), [](const Progression& p) { return p.step == 1; })) {
    out->push_back({cluster.front().first, high, 1});
    return true;
  }
  Wide count = 0;
  for (const Progression& p : cluster) count += count_of(p);
  if (count > kMaxExpanded) return false;
  std::vector<Value> values;
  values.reserve(static_cast<std::size_t>(count));
  for (const Progression& p : cluster) {
    for (Wide value = p.first; value <= p.last; value += p.step) values.push_back(static_cast<Value>(value));
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  append_values(values, out);
  return true;
}

}  // namespace

std::vector<Progression> intersect(const std::vector<Progression>& a, const std::vector<Progression>& b) {
  std::vector<Progression> result;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (const auto part = common(a[i], b[j])) result.push_back(*part);
    if (a[i].last < b[j].last) {
      ++i;
    } else {
      ++j;
    }
  }
  return result;
}

std::optional<std::vector<Progression>> ascending(std::vector<Progression> progressions) {
  for (Progression& p : progressions) {
    if (p.first == p.last) p.step = 1;
  }
  std::sort(progressions.begin(), progressions.end(),
            [](const Progression& a, const Progression& b) { return a.first < b.first; });
  std::vector<Progression> result;
  std::vector<Progression> cluster;
  Value high = 0;
  for (const Progression& p : progressions) {
    if (!cluster.empty() && p.first > high) {
      if (!append_cluster(cluster, high, &result)) return std::nullopt;
      cluster.clear();
    }
    high = cluster.empty() ? p.last : std::max(high, p.last);
    cluster.push_back(p);
  }
  if (!cluster.empty() && !append_cluster(cluster, high, &result)) return std::nullopt;
  return result;
}

}  // namespace constrint::language
