// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simd/isa.hpp"

#include "backend_cpu/simd/isa_tables.hpp"

namespace flashrnn::cpu {

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::kBaseline:
#if defined(__x86_64__)
      return "sse2";
#else
      return "baseline";
#endif
    case Isa::kNeon: return "neon";
    case Isa::kAvx2: return "avx2";
    case Isa::kAvx512: return "avx512";
    case Isa::kAvx512Bf16: return "avx512_bf16";
  }
  return "unknown";
}

const IsaKernels* isa_kernels(Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kBaseline: return kBaselineKernels;
    case Isa::kAvx2: return kAvx2Kernels;
    case Isa::kAvx512: return kAvx512Kernels;
    case Isa::kAvx512Bf16: return kAvx512Bf16Kernels;
    default: return nullptr;
#else
    case Isa::kNeon: return kNeonKernels;
    default: return nullptr;
#endif
  }
}

bool isa_usable(Isa isa) {
#if defined(__x86_64__)
  // The builtins ask the operating system too (XGETBV), not the processor alone.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512cd");
  switch (isa) {
    case Isa::kBaseline: return true;
    case Isa::kAvx2: return avx2;
    case Isa::kAvx512: return avx512;
    case Isa::kAvx512Bf16: return avx512 && __builtin_cpu_supports("avx512bf16");
    default: return false;
  }
#else
  return isa == Isa::kNeon;
#endif
}

}  // namespace flashrnn::cpu
