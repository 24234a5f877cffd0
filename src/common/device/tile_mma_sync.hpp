// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile.hpp"

/// NVIDIA's mma.sync, row.col with fp32 accumulators. Layouts: PTX ISA 9.x, chapter "Warp-Level Matrix Multiply-
/// Accumulate Instructions", sections "Matrix Fragments for mma.m16n8k16 with floating point type" and "Matrix
/// Fragments for mma.m16n8k8". `group` and `member` below are its groupID (lane / 4) and threadID_in_group (lane % 4).
namespace flashrnn::device {

/// C of both shapes: two neighbours of row `group`, two of row `group` + 8.
struct MmaSyncAccumulator {
  static FLASHRNN_DEVICE_FN constexpr Coordinate c(int lane, int i) {
    return {lane / 4 + (i / 2) * 8, lane % 4 * 2 + i % 2};
  }
};

/// mma.sync.aligned.m16n8k16.row.col.f32.{bf16,f16}: sm_80 and later.
template <class InputType>
struct MmaSyncM16N8K16 : MmaSyncAccumulator {
  using Input = InputType;
  static_assert(sizeof(Input) == 2, "mma.m16n8k16 takes bf16 or fp16.");
  static constexpr int kLanes = 32;
  static constexpr int kM = 16;
  static constexpr int kN = 8;
  static constexpr int kK = 16;
  static constexpr int kA = 8;
  static constexpr int kB = 4;
  static constexpr int kC = 4;

  static FLASHRNN_DEVICE_FN constexpr Coordinate a(int lane, int i) {
    return {lane / 4 + (i / 2) % 2 * 8, lane % 4 * 2 + i % 2 + i / 4 * 8};
  }
  static FLASHRNN_DEVICE_FN constexpr Coordinate b(int lane, int i) {
    return {lane % 4 * 2 + i % 2 + i / 2 * 8, lane / 4};
  }
};

/// mma.sync.aligned.m16n8k8.row.col.f32.tf32: sm_80 and later.
struct MmaSyncM16N8K8Tf32 : MmaSyncAccumulator {
  using Input = Tf32;
  static constexpr int kLanes = 32;
  static constexpr int kM = 16;
  static constexpr int kN = 8;
  static constexpr int kK = 8;
  static constexpr int kA = 4;
  static constexpr int kB = 2;
  static constexpr int kC = 4;

  static FLASHRNN_DEVICE_FN constexpr Coordinate a(int lane, int i) {
    return {lane / 4 + i % 2 * 8, lane % 4 + i / 2 * 4};
  }
  static FLASHRNN_DEVICE_FN constexpr Coordinate b(int lane, int i) { return {lane % 4 + i * 4, lane / 4}; }
};

}  // namespace flashrnn::device
