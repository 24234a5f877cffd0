// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/prepared.hpp"

namespace flashrnn::gpu {

flashrnn_sizes Prepared::sizes() const {
  flashrnn_sizes s = {};
  s.struct_size = sizeof(s);
  s.forward_workspace = forward_bookings.ledger.bytes();
  s.backward_workspace = backward_bookings.ledger.bytes();
  s.step_workspace = step_bookings.ledger.bytes();
  s.reserve = reserve.ledger.bytes();
  s.packed_weights = packed.ledger.bytes();
  return s;
}

std::string Prepared::describe() const {
  std::string text = std::string(device->name()) + " " + device->hardware().isa + ": " + forward_plan.to_string();
  if (problem.training) text += "; " + backward_plan.to_string();
  return text + "; " + step_plan.to_string();
}

}  // namespace flashrnn::gpu
