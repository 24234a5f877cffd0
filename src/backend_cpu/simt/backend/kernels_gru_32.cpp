// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/stepwise_instances.hpp"
#include "common/cell/gru.hpp"

namespace flashrnn::simt {

void add_gru_32(Kernels& kernels) { add_all_stepwise<32, cell::Gru>(kernels); }

}  // namespace flashrnn::simt
