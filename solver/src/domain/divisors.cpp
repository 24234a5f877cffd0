// SPDX-License-Identifier: Apache-2.0
#include "domain/divisors.hpp"

#include <algorithm>

namespace constrint {

std::size_t positive_divisors(Value n, std::span<Value, kMaxDivisors> out) {
  constexpr Value kTrials = Value{1} << 12;
  std::size_t count = 1;
  out[0] = 1;
  const auto extend = [&](Value prime, int times) {
    const std::size_t before = count;
    if (before * static_cast<std::size_t>(times + 1) > out.size()) return false;
    for (std::size_t i = 0; i < before; ++i) {
      Value d = out[i];
      for (int k = 0; k < times; ++k) {
        d *= prime;
        out[count++] = d;
      }
    }
    return true;
  };
  Value rest = n;
  for (Value p = 2; p <= kTrials && p * p <= rest; p += p == 2 ? 1 : 2) {
    int times = 0;
    for (; rest % p == 0; ++times) rest /= p;
    if (times != 0 && !extend(p, times)) return 0;
  }
  if (rest != 1) {
    if (rest > kTrials * kTrials) return 0;  // may be a product of two primes
    if (!extend(rest, 1)) return 0;
  }
  std::sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

}  // namespace constrint
