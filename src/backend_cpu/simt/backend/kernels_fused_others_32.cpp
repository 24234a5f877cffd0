// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/fused_instances.hpp"
#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"

namespace flashrnn::simt {

void add_fused_others_32(Kernels& kernels) {
  add_fused<32, cell::GruResetBefore, float>(kernels);
  add_fused<32, cell::GruResetBefore, device::Bf16>(kernels);
  add_fused<32, cell::Elman, float>(kernels);
  add_fused<32, cell::Elman, device::Bf16>(kernels);
  add_fused<32, cell::ElmanRelu, float>(kernels);
  add_fused<32, cell::ElmanRelu, device::Bf16>(kernels);
}

}  // namespace flashrnn::simt
