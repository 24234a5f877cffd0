// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/cell_source.hpp"

#include <set>

#include "common/runtime/cell_registry.hpp"

namespace flashrnn::gpu {

int recurrent_slots(const CellSource& cell, int recurrent_gates) {
  std::set<int> slots(cell.recurrent_slot, cell.recurrent_slot + recurrent_gates);
  return static_cast<int>(slots.size());
}

const CellSource* cell_source(std::string_view cell) {
  const CellRegistration* registration = find_cell(cell);
  return registration == nullptr ? nullptr : static_cast<const CellSource*>(registration->gpu_source);
}

}  // namespace flashrnn::gpu
