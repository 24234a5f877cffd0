// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/stepwise_instances.hpp"
#include "common/cell/lstm.hpp"
#include "common/cell/slstm.hpp"

namespace flashrnn::simt {

void add_gates_64(Kernels& kernels) {
  add_stepwise<64, cell::Lstm, float, float>(kernels);
  add_stepwise<64, cell::Lstm, device::Bf16, device::Bf16>(kernels);
  add_stepwise<64, cell::Slstm, float, float>(kernels);
  add_stepwise<64, cell::Slstm, device::Bf16, device::Bf16>(kernels);
}

}  // namespace flashrnn::simt
