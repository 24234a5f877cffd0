// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile.hpp"

/// AMD's wave matrix multiply of RDNA 3 (gfx11): v_wmma_f32_16x16x16_{bf16,f16}, fp32 accumulators. Layouts: "RDNA3
/// Instruction Set Architecture", section "Wave Matrix Multiply Accumulate (WMMA)". Each lane holds a whole row of A
/// and a whole column of B; groups of 16 lanes hold copies of the same. C: lanes run along N, rows are dealt to the
/// groups of 16 lanes in turn. gfx12 lays out A and B otherwise, without copies.
/// AMD's Matrix Instruction Calculator (github.com/ROCm/amd_matrix_instruction_calculator) gives the same places.
namespace flashrnn::device {

template <class InputType, int Lanes>
struct Wmma16x16x16 {
  using Input = InputType;
  static_assert(sizeof(Input) == 2, "These WMMA forms take bf16 or fp16.");
  static_assert(Lanes == 32 || Lanes == 64, "A wave has 32 or 64 lanes.");
  static constexpr int kLanes = Lanes;
  static constexpr int kM = 16;
  static constexpr int kN = 16;
  static constexpr int kK = 16;
  static constexpr int kA = 16;
  static constexpr int kB = 16;
  static constexpr int kC = 256 / Lanes;

  static FLASHRNN_DEVICE_FN constexpr Coordinate a(int lane, int i) { return {lane % 16, i}; }
  static FLASHRNN_DEVICE_FN constexpr Coordinate b(int lane, int i) { return {i, lane % 16}; }
  static FLASHRNN_DEVICE_FN constexpr Coordinate c(int lane, int i) {
    return {i * (Lanes / 16) + lane / 16, lane % 16};
  }
};

}  // namespace flashrnn::device
