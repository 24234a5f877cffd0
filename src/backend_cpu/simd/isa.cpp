// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simd/isa.hpp"

#include "backend_cpu/simd/isa_tables.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace flashrnn::cpu {

#if defined(__x86_64__)
namespace {

/// F16C, which not every compiler's __builtin_cpu_supports knows. It needs the system's support of AVX besides.
bool has_f16c() {
  unsigned int a = 0;
  unsigned int b = 0;
  unsigned int c = 0;
  unsigned int d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

}  // namespace
#endif

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::kBaseline:
#if defined(__x86_64__)
      return "sse2";
#else
      return "baseline";
#endif
    case Isa::kNeon:
      return "neon";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Bf16:
      return "avx512_bf16";
  }
  return "unknown";
}

const IsaKernels* isa_kernels(Isa isa) {
  switch (isa) {
#if defined(__x86_64__)
    case Isa::kBaseline:
      return kBaselineKernels;
#if !defined(FLASHRNN_WITHOUT_AVX2)
    case Isa::kAvx2:
      return kAvx2Kernels;
#endif
#if !defined(FLASHRNN_WITHOUT_AVX512)
    case Isa::kAvx512:
      return kAvx512Kernels;
    case Isa::kAvx512Bf16:
      return kAvx512Bf16Kernels;
#endif
    default:
      return nullptr;
#else
    case Isa::kNeon:
      return kNeonKernels;
    default:
      return nullptr;
#endif
  }
}

bool isa_usable(Isa isa) {
#if defined(__x86_64__)
  if (isa_kernels(isa) == nullptr) return false;
  // The builtins ask the operating system too (XGETBV), not the processor alone.
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512cd");
  switch (isa) {
    case Isa::kBaseline:
      return true;
    case Isa::kAvx2:
      return avx2;
    case Isa::kAvx512:
      return avx512;
    case Isa::kAvx512Bf16:
      return avx512 && __builtin_cpu_supports("avx512bf16");
    default:
      return false;
  }
#else
  return isa == Isa::kNeon;
#endif
}

}  // namespace flashrnn::cpu
