// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile_mfma.hpp"
#include "common/device/tile_wmma.hpp"

/// AMD's matrix instructions, by the builtins of clang that name them. Which ones a chip has: MFMA with bf16_1k from
/// gfx90a on (CDNA 2 and 3), WMMA on gfx11 (RDNA 3).
namespace flashrnn::hip {

#if defined(__gfx90a__) || defined(__gfx940__) || defined(__gfx941__) || defined(__gfx942__)
inline constexpr bool kHasMfma = true;
#else
inline constexpr bool kHasMfma = false;
#endif
#if defined(__gfx1100__) || defined(__gfx1101__) || defined(__gfx1102__) || defined(__gfx1103__)
inline constexpr bool kHasWmma = true;
#else
inline constexpr bool kHasWmma = false;
#endif

using Short4 = short __attribute__((ext_vector_type(4)));
using Half4 = _Float16 __attribute__((ext_vector_type(4)));
using Short16 = short __attribute__((ext_vector_type(16)));
using Half16 = _Float16 __attribute__((ext_vector_type(16)));
using Float4 = float __attribute__((ext_vector_type(4)));
using Float8 = float __attribute__((ext_vector_type(8)));
using Float16 = float __attribute__((ext_vector_type(16)));

template <class T>
inline constexpr bool kHasMatrixInstruction = false;
template <class Input, int Side>
inline constexpr bool kHasMatrixInstruction<device::Mfma<Input, Side>> = kHasMfma;
template <class Input>
inline constexpr bool kHasMatrixInstruction<device::Wmma16x16x16<Input, 32>> = kHasWmma;

struct MatrixFunctions {
#if defined(__gfx90a__) || defined(__gfx940__) || defined(__gfx941__) || defined(__gfx942__)
  template <class Input, int Side>
  FLASHRNN_DEVICE_FN void mma(device::Accumulator<device::Mfma<Input, Side>>& c,
                              const device::OperandA<device::Mfma<Input, Side>>& a,
                              const device::OperandB<device::Mfma<Input, Side>>& b) {
    if constexpr (Side == 16 && device::kSame<Input, device::Bf16>) {
      add<Short4, Float4>(c, a, b, [](Short4 x, Short4 y, Float4 z) {
        return __builtin_amdgcn_mfma_f32_16x16x16bf16_1k(x, y, z, 0, 0, 0);
      });
    } else if constexpr (Side == 16) {
      add<Half4, Float4>(
          c, a, b, [](Half4 x, Half4 y, Float4 z) { return __builtin_amdgcn_mfma_f32_16x16x16f16(x, y, z, 0, 0, 0); });
    } else if constexpr (device::kSame<Input, device::Bf16>) {
      add<Short4, Float16>(c, a, b, [](Short4 x, Short4 y, Float16 z) {
        return __builtin_amdgcn_mfma_f32_32x32x8bf16_1k(x, y, z, 0, 0, 0);
      });
    } else {
      add<Half4, Float16>(
          c, a, b, [](Half4 x, Half4 y, Float16 z) { return __builtin_amdgcn_mfma_f32_32x32x8f16(x, y, z, 0, 0, 0); });
    }
  }
#elif defined(__gfx1100__) || defined(__gfx1101__) || defined(__gfx1102__) || defined(__gfx1103__)
  template <class Input>
  FLASHRNN_DEVICE_FN void mma(device::Accumulator<device::Wmma16x16x16<Input, 32>>& c,
                              const device::OperandA<device::Wmma16x16x16<Input, 32>>& a,
                              const device::OperandB<device::Wmma16x16x16<Input, 32>>& b) {
    if constexpr (device::kSame<Input, device::Bf16>) {
      add<Short16, Float8>(
          c, a, b, [](Short16 x, Short16 y, Float8 z) { return __builtin_amdgcn_wmma_f32_16x16x16_bf16_w32(x, y, z); });
    } else {
      add<Half16, Float8>(
          c, a, b, [](Half16 x, Half16 y, Float8 z) { return __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(x, y, z); });
    }
  }
#else
  FLASHRNN_DEVICE_FN void mma() {}
#endif

 private:
  template <class In, class Out, class C, class A, class B, class Multiply>
  static FLASHRNN_DEVICE_FN void add(C& c, const A& a, const B& b, const Multiply& multiply) {
    const Out sum =
        multiply(__builtin_bit_cast(In, a.reg), __builtin_bit_cast(In, b.reg), __builtin_bit_cast(Out, c.v));
    __builtin_memcpy(c.v, &sum, sizeof sum);
  }
};

}  // namespace flashrnn::hip
