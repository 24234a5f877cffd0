// SPDX-License-Identifier: Apache-2.0
// Products alone differ from AVX-512: cells use that one's kernels.
#define FLASHRNN_ISA ::flashrnn::cpu::Isa::kAvx512Bf16
#define FLASHRNN_ISA_NAMESPACE isa_avx512_bf16
#define FLASHRNN_ISA_ARCH xsimd::avx512bw
#include "backend_cpu/simd/isa_table.hpp"
#include "backend_cpu/simd/isa_tables.hpp"

namespace flashrnn::cpu {

static constexpr IsaKernels kTable = FLASHRNN_ISA_NAMESPACE::make_isa_table();
const IsaKernels* const kAvx512Bf16Kernels = &kTable;

}  // namespace flashrnn::cpu
