// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "backend_cpu/simt/engine.hpp"

/// Every access to memory: bounds, alignment, bytes that nobody wrote, and races.
namespace flashrnn::simt {

void Engine::check_bounds(Lane& lane, const Place& place, int bytes, int alignment, const char* what) {
  if (place.region == nullptr) fault(lane, "%s memory through a null pointer", what);
  const Region& region = *place.region;
  if (place.offset < place.begin || place.offset + bytes > place.end) {
    fault(lane, "%s %d bytes at byte %lld of an array of %lld bytes in '%s'", what, bytes,
          static_cast<long long>(place.offset - place.begin), static_cast<long long>(place.end - place.begin),
          region.name.c_str());
  }
  if (reinterpret_cast<std::uintptr_t>(region.data + place.offset) % static_cast<unsigned>(alignment) != 0) {
    fault(lane, "%s %d bytes at byte %lld of '%s', which is not aligned to %d", what, bytes,
          static_cast<long long>(place.offset), region.name.c_str(), alignment);
  }
  if (region.owner != nullptr && region.owner != lane.block) reach_peer(lane, *region.owner, what);
}

void Engine::race(const Lane& lane, const Place& place, std::int64_t at, const char* what, Epoch other,
                  const char* other_what) {
  const auto byte = static_cast<long long>(at);
  const char* name = place.region->name.c_str();
  if ((other & kByMbarrier) != 0) {
    fault(lane,
          "race: it %s byte %lld of '%s', which an asynchronous store wrote, without having waited for its mbarrier",
          what, byte, name);
  }
  const int thread = static_cast<int>(epoch_thread(other));
  if ((other & kInFlight) != 0) {
    fault(lane, "race: it %s byte %lld of '%s' while an asynchronous write to it by block %d, thread %d is under way",
          what, byte, name, thread / config.threads, thread % config.threads);
  }
  fault(lane, "race: it %s byte %lld of '%s', which block %d, thread %d %s, with no barrier in between", what, byte,
        name, thread / config.threads, thread % config.threads, other_what);
}

void Engine::check_read_cell(Lane& lane, const Place& place, std::int64_t at, Cell& cell) {
  if (cell.write == 0) {
    if (!place.region->written_before) {
      fault(lane, "reads byte %lld of '%s', which nobody has written", static_cast<long long>(at),
            place.region->name.c_str());
    }
  } else if ((cell.write & kInFlight) != 0 || !has_seen(lane, cell.write)) {
    race(lane, place, at, "reads", cell.write, "wrote");
  }
  const std::uint32_t own = epoch_thread(lane.epoch);
  for (Epoch& slot : cell.read) {
    // One that this read comes after says no more than this read does.
    if (slot == 0 || epoch_thread(slot) == own || has_seen(lane, slot)) {
      slot = lane.epoch;
      return;
    }
  }
  cell.read[random_.below(2)] = lane.epoch;
}

void Engine::check_write_cell(Lane& lane, const Place& place, std::int64_t at, const Cell& cell) {
  if (cell.write != 0) {
    const bool by_store = (cell.write & kByMbarrier) != 0;
    const bool over = by_store ? is_over(lane, cell.write) : has_seen(lane, cell.write);
    if (!over || (cell.write & kInFlight) != 0) race(lane, place, at, "writes", cell.write, "wrote");
  }
  for (const Epoch slot : cell.read) {
    if (slot == 0) continue;
    const bool over = place.region->owner != nullptr ? is_over(lane, slot) : has_seen(lane, slot);
    if (!over) race(lane, place, at, "writes", slot, "read");
  }
}

void Engine::check_write(Lane& lane, const Place& place, int bytes, Epoch mark) {
  Region& region = *place.region;
  if (!region.shadow) fault(lane, "writes to '%s', which kernels may only read", region.name.c_str());
  const auto check = [&](const Cell& cell, std::int64_t at) { check_write_cell(lane, place, at, cell); };
  if (!region.shadow.all_alike(place.offset, bytes, check)) region.shadow.each(place.offset, bytes, check);
  region.shadow.set(place.offset, bytes, mark);
}

void Engine::read(Lane& lane, const Place& place, void* out, int bytes, int alignment) {
  check_bounds(lane, place, bytes, alignment, "reads");
  count_access(lane);
  Region& region = *place.region;
  if (region.shadow) {
    const auto check = [&](Cell& cell, std::int64_t at) { check_read_cell(lane, place, at, cell); };
    if (!region.shadow.all_alike(place.offset, bytes, check)) region.shadow.each(place.offset, bytes, check);
  }
  std::memcpy(out, region.data + place.offset, static_cast<std::size_t>(bytes));
}

void Engine::write(Lane& lane, const Place& place, const void* in, int bytes, int alignment) {
  check_bounds(lane, place, bytes, alignment, "writes");
  count_access(lane);
  check_write(lane, place, bytes, lane.epoch);
  if (place.region->owner == nullptr) note_progress();
  std::memcpy(place.region->data + place.offset, in, static_cast<std::size_t>(bytes));
}

void read_bytes(const Place& place, void* out, int bytes, int alignment) {
  current_lane->engine->read(*current_lane, place, out, bytes, alignment);
}

void write_bytes(const Place& place, const void* in, int bytes, int alignment) {
  current_lane->engine->write(*current_lane, place, in, bytes, alignment);
}

Place place_in_shared(const void* object, std::int64_t bytes) {
  Lane& lane = *current_lane;
  Region& shared = lane.block->shared;
  const std::int64_t offset = static_cast<const std::byte*>(object) - shared.data;
  if (offset < 0 || offset + bytes > shared.size) {
    lane.engine->fault(lane, "names an array that is not in its block's shared memory");
  }
  return Place{&shared, offset, offset, offset + bytes};
}

}  // namespace flashrnn::simt
