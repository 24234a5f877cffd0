// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/fused_instances.hpp"
#include "common/cell/slstm.hpp"

namespace flashrnn::simt {

void add_fused_slstm_32(Kernels& kernels) {
  add_fused<32, cell::Slstm, float>(kernels);
  add_fused<32, cell::Slstm, device::Bf16>(kernels);
  add_fused<32, cell::Slstm, device::Bf16, kernel::Exchange::kCluster>(kernels);
  add_fused<32, cell::Slstm, device::Bf16, kernel::Exchange::kGrid>(kernels);
}

}  // namespace flashrnn::simt
