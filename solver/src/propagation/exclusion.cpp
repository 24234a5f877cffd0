// SPDX-License-Identifier: Apache-2.0
#include "propagation/exclusion.hpp"

#include <cstddef>

namespace constrint {

Verdict Exclusion::propagate(Store& store) {
  const std::span<const Var> all = variables();
  std::size_t open = all.size();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Domain& d = store[all[i]];
    if (!d.contains(values_[i])) return Verdict::kEntailed;
    if (d.fixed()) continue;
    if (open != all.size()) return Verdict::kStays;
    open = i;
  }
  if (open == all.size()) return Verdict::kFails;
  if (!store.remove(all[open], values_[open])) return Verdict::kFails;
  return store[all[open]].contains(values_[open]) ? Verdict::kStays : Verdict::kEntailed;
}

}  // namespace constrint
