// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/kernel_table.hpp"

#include <array>

#include "backend_cpu/simt/backend/kernels.hpp"

namespace flashrnn::simt {

const std::vector<KernelInstance>& kernel_table() {
  static const std::vector<KernelInstance> table = [] {
    Kernels kernels;
#ifdef FLASHRNN_SIMT_FEW_KERNELS
    constexpr std::array kParts = {add_lstm_32, add_gru_reset_before_32, add_fused_lstm_32};
#else
    constexpr std::array kParts = {
        add_lstm_32,  add_gru_32,    add_gru_reset_before_32, add_elman_32,     add_elman_relu_32,  add_slstm_32,
        add_gates_64, add_others_64, add_fused_lstm_32,       add_fused_gru_32, add_fused_slstm_32, add_fused_others_32,
        add_fused_64};
#endif
    for (const auto add : kParts) {
      add(kernels);
    }
    return kernels;
  }();
  return table;
}

}  // namespace flashrnn::simt
