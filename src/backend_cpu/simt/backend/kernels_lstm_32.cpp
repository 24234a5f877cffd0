// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/stepwise_instances.hpp"
#include "common/cell/lstm.hpp"

namespace flashrnn::simt {

void add_lstm_32(Kernels& kernels) { add_all_stepwise<32, cell::Lstm>(kernels); }

}  // namespace flashrnn::simt
