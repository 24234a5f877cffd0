// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/rows.hpp"

#include <algorithm>
#include <numeric>

namespace flashrnn::cpu {

Rows Rows::whole(const Problem& problem, std::int64_t steps) {
  Rows rows;
  rows.count_ = problem.batch;
  rows.steps_ = steps;
  rows.reverse_ = problem.reverse;
  return rows;
}

Rows Rows::ragged(const CpuPlan& plan, const Workspace& workspace, const CpuPlan::RowBookings& bookings,
                  const std::int64_t* lengths, const std::int64_t* cu_seqlens) {
  const std::int64_t count = plan.problem.batch;
  auto* batch = workspace.take<std::int64_t>(bookings.batch);
  auto* length = workspace.take<std::int64_t>(bookings.length);
  auto* offset = workspace.take<std::int64_t>(bookings.token_offset);
  const auto length_of = [&](std::int64_t b) {
    return cu_seqlens != nullptr ? cu_seqlens[b + 1] - cu_seqlens[b] : lengths[b];
  };
  std::iota(batch, batch + count, std::int64_t{0});
  // The batch index breaks ties, so an unstable sort, which needs no memory, gives one order.
  std::sort(batch, batch + count, [&](std::int64_t a, std::int64_t b) {
    const std::int64_t la = length_of(a);
    const std::int64_t lb = length_of(b);
    return la != lb ? la > lb : a < b;
  });
  for (std::int64_t i = 0; i < count; ++i) length[i] = length_of(batch[i]);

  Rows rows;
  rows.count_ = count;
  rows.steps_ = length[0];
  rows.reverse_ = plan.problem.reverse;
  rows.batch_ = batch;
  rows.length_ = length;
  rows.token_offset_ = offset;
  if (cu_seqlens != nullptr) {
    auto* start = workspace.take<std::int64_t>(bookings.start);
    for (std::int64_t i = 0; i < count; ++i) start[i] = cu_seqlens[batch[i]];
    rows.start_ = start;
  }
  std::int64_t active = count;
  offset[0] = 0;
  for (std::int64_t s = 0; s < rows.steps_; ++s) {
    while (active > 0 && length[active - 1] <= s) --active;
    offset[s + 1] = offset[s] + active;
  }
  return rows;
}

}  // namespace flashrnn::cpu
