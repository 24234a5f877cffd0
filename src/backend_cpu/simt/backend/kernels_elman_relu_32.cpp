// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/stepwise_instances.hpp"
#include "common/cell/elman.hpp"

namespace flashrnn::simt {

void add_elman_relu_32(Kernels& kernels) { add_all_stepwise<32, cell::ElmanRelu>(kernels); }

}  // namespace flashrnn::simt
