// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/stepwise_instances.hpp"
#include "common/cell/slstm.hpp"

namespace flashrnn::simt {

void add_slstm_32(Kernels& kernels) { add_all_stepwise<32, cell::Slstm>(kernels); }

}  // namespace flashrnn::simt
