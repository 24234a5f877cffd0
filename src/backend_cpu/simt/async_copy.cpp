// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "backend_cpu/simt/engine.hpp"

namespace flashrnn::simt {

// The bytes are marked as under way until the lane waits for them: whoever meets them before, the lane itself too,
// breaks the contract. So it cannot matter when they really arrive.
void Engine::copy_async(Lane& lane, const Place& target, const Place& source, int bytes, int valid) {
  if (valid < 0 || valid > bytes) fault(lane, "copies %d bytes asynchronously, of which %d are valid", bytes, valid);
  check_bounds(lane, target, bytes, bytes, "copies asynchronously to");
  if (target.region->owner != lane.block) fault(lane, "copies asynchronously to what is not its block's shared memory");
  std::byte data[16] = {};
  if (valid > 0) {
    check_bounds(lane, source, valid, bytes, "copies asynchronously from");
    if (source.region->owner != nullptr) fault(lane, "copies asynchronously from what is not global memory");
    read(lane, source, data, valid, 1);
  }
  check_write(lane, target, bytes, lane.epoch | kInFlight);
  AsyncCopy& copy = lane.copies.emplace_back();
  copy.target = target;
  copy.size = bytes;
  copy.group = lane.open_group;
  std::memcpy(copy.bytes, data, sizeof data);
}

void Engine::copy_async_wait(Lane& lane, int groups) {
  const auto done = [&](const AsyncCopy& copy) {
    if (copy.group >= lane.open_group - groups) return false;
    Region& region = *copy.target.region;
    std::memcpy(region.data + copy.target.offset, copy.bytes, static_cast<std::size_t>(copy.size));
    region.shadow.set(copy.target.offset, copy.size, lane.epoch);
    return true;
  };
  lane.copies.erase(std::remove_if(lane.copies.begin(), lane.copies.end(), done), lane.copies.end());
}

}  // namespace flashrnn::simt
