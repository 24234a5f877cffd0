// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile.hpp"

/// AMD's matrix fused multiply-add of CDNA (gfx90a and later), one block, fp32 accumulators, 64 lanes. Layouts: "AMD
/// Instinct MI200 Instruction Set Architecture", chapter "Matrix Arithmetic Instructions", and "AMD Instinct MI300
/// Instruction Set Architecture", section "Dense Matrix Multiplications": lanes run along M (of A) or N (of B) first;
/// each lane holds 4 consecutive k; C comes in groups of 4 consecutive rows, the groups dealt to the lane groups in
/// turn.
/// AMD's Matrix Instruction Calculator (github.com/ROCm/amd_matrix_instruction_calculator) gives the same places.
namespace flashrnn::device {

/// Side 16: v_mfma_f32_16x16x16_{bf16_1k,f16}. Side 32: v_mfma_f32_32x32x8_{bf16_1k,f16}.
template <class InputType, int Side>
struct Mfma {
  using Input = InputType;
  static_assert(sizeof(Input) == 2, "These MFMA forms take bf16 or fp16.");
  static_assert(Side == 16 || Side == 32, "MFMA has 16x16x16 and 32x32x8 for 16-bit inputs in one block.");
  static constexpr int kLanes = 64;
  static constexpr int kM = Side;
  static constexpr int kN = Side;
  static constexpr int kK = 64 / Side * 4;
  static constexpr int kA = 4;
  static constexpr int kB = 4;
  static constexpr int kC = Side * Side / 64;

  static FLASHRNN_DEVICE_FN constexpr Coordinate a(int lane, int i) { return {lane % Side, lane / Side * 4 + i}; }
  static FLASHRNN_DEVICE_FN constexpr Coordinate b(int lane, int i) { return {lane / Side * 4 + i, lane % Side}; }
  static FLASHRNN_DEVICE_FN constexpr Coordinate c(int lane, int i) {
    return {i / 4 * (64 / Side * 4) + lane / Side * 4 + i % 4, lane % Side};
  }
};

template <class Input>
using Mfma16x16x16 = Mfma<Input, 16>;
template <class Input>
using Mfma32x32x8 = Mfma<Input, 32>;

}  // namespace flashrnn::device
