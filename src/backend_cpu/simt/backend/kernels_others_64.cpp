// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/stepwise_instances.hpp"
#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"

namespace flashrnn::simt {

void add_others_64(Kernels& kernels) {
  add_stepwise<64, cell::Gru, float, float>(kernels);
  add_stepwise<64, cell::GruResetBefore, float, float>(kernels);
  add_stepwise<64, cell::Elman, float, float>(kernels);
  add_stepwise<64, cell::ElmanRelu, float, float>(kernels);
}

}  // namespace flashrnn::simt
