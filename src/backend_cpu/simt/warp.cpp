// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/engine.hpp"

namespace flashrnn::simt {

void Engine::warp_operation(Lane& lane, std::uint64_t mask, const char* name, Site site, const void* in, void* out,
                            WarpCompute compute, bool orders) {
  Warp& warp = *lane.warp;
  lane.site = site;
  const std::uint64_t bit = std::uint64_t{1} << lane.lane;
  const auto shown = static_cast<unsigned long long>(mask);
  if ((mask & bit) == 0)
    fault(lane, "calls a %s with mask 0x%llx, which does not name its own lane %d", name, shown, lane.lane);
  if ((mask & ~warp.present) != 0) {
    fault(lane, "calls a %s with mask 0x%llx, which names lane %d, which its warp does not have", name, shown,
          __builtin_ctzll(mask & ~warp.present));
  }
  if ((mask & warp.exited) != 0) {
    fault(lane, "calls a %s with mask 0x%llx, which names lane %d, which has left the kernel", name, shown,
          __builtin_ctzll(mask & warp.exited));
  }
  std::size_t at = warp.pending.size();
  for (std::size_t i = 0; i < warp.pending.size(); ++i) {
    const WarpOperation& other = warp.pending[i];
    if (other.mask == mask) {
      if (other.compute != compute || !(other.site == site)) {
        fault(
            lane,
            "divergent warp: it calls a %s at %s:%d while lane %d, which its mask 0x%llx names, is at the %s at %s:%d",
            name, site.name(), site.line, __builtin_ctzll(other.arrived), shown, other.name, other.site.name(),
            other.site.line);
      }
      at = i;
    } else if ((other.mask & bit) != 0 && (mask & other.arrived) != 0) {
      fault(lane, "calls a %s with mask 0x%llx, but lane %d, which that names, waits for this lane with mask 0x%llx",
            name, shown, __builtin_ctzll(mask & other.arrived), static_cast<unsigned long long>(other.mask));
    }
  }
  if (at == warp.pending.size()) {
    WarpOperation& fresh = warp.pending.emplace_back();
    fresh.mask = mask;
    fresh.name = name;
    fresh.site = site;
    fresh.compute = compute;
  }
  WarpOperation& operation = warp.pending[at];
  operation.arrived |= bit;
  operation.in[lane.lane] = in;
  operation.out[lane.lane] = out;
  if (orders) {
    operation.sum.add(clocks_, lane.base, lane.index, lane.own);
    advance(lane);
  }
  if (operation.arrived != mask) {
    suspend(lane, Wait::kWarpOperation);
    return;
  }
  compute(*this, warp, operation);
  for (std::uint64_t rest = mask & ~bit; rest != 0; rest &= rest - 1) make_ready(warp.lanes[__builtin_ctzll(rest)]);
  if (at + 1 != warp.pending.size()) warp.pending[at] = warp.pending.back();
  warp.pending.pop_back();
}

void Engine::warp_barrier(Lane& lane, std::uint64_t mask, Site site) {
  const WarpCompute hand_out = [](Engine&, Warp& warp, WarpOperation& operation) {
    const ClockRef clock = operation.sum.take();
    for (std::uint64_t rest = operation.mask; rest != 0; rest &= rest - 1) {
      warp.lanes[__builtin_ctzll(rest)].base = clock;
    }
  };
  warp_operation(lane, mask, "warp barrier", site, nullptr, nullptr, hand_out, true);
}

}  // namespace flashrnn::simt
