// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/fused_instances.hpp"
#include "common/cell/lstm.hpp"

namespace flashrnn::simt {

void add_fused_64(Kernels& kernels) {
  add_fused<64, cell::Lstm, float>(kernels);
  add_fused<64, cell::Lstm, device::Bf16>(kernels);
  add_fused<64, cell::Lstm, device::Bf16, kernel::Exchange::kGrid>(kernels);
}

}  // namespace flashrnn::simt
