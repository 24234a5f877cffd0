// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "backend_cpu/simt/backend/kernel_table.hpp"

/// Which kernels are built: a function for each translation unit (kernels_*.cpp), which appends its own.
namespace flashrnn::simt {

using Kernels = std::vector<KernelInstance>;

/// Stepwise forward and backward, recompute, packing and weight gradients of one cell, all element types, 32 lanes.
void add_lstm_32(Kernels& kernels);
void add_gru_32(Kernels& kernels);
void add_gru_reset_before_32(Kernels& kernels);
void add_elman_32(Kernels& kernels);
void add_elman_relu_32(Kernels& kernels);
void add_slstm_32(Kernels& kernels);

/// The same with 64 lanes: fp32 of every cell, bf16 of lstm and slstm.
void add_gates_64(Kernels& kernels);
void add_others_64(Kernels& kernels);

/// Fused forward and backward. In a block: every cell in fp32 and bf16. In a cluster and in a grid: bf16 of lstm, gru
/// and slstm. 64 lanes: lstm.
void add_fused_lstm_32(Kernels& kernels);
void add_fused_gru_32(Kernels& kernels);
void add_fused_slstm_32(Kernels& kernels);
void add_fused_others_32(Kernels& kernels);
void add_fused_64(Kernels& kernels);

}  // namespace flashrnn::simt
