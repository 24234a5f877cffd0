// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/plan/shape.hpp"

/// The shapes that a planner must do well: every cell, type and pass over a grid of sizes with primes, ones and tile
/// +- 1.
namespace flashrnn::plan::grid {

inline constexpr std::array<std::string_view, 5> kCells = {"lstm", "gru", "gru_reset_before", "elman", "slstm"};
inline constexpr std::array<std::int64_t, 13> kBatches = {1, 2, 7, 8, 13, 16, 17, 32, 64, 100, 128, 256, 512};
inline constexpr std::array<std::int64_t, 8> kHeads = {1, 2, 3, 7, 12, 24, 48, 64};
inline constexpr std::array<std::int64_t, 18> kHeadDims = {1,   3,   8,   16,  31,  32,   64,   97,   128,
                                                           192, 256, 509, 512, 768, 1024, 2048, 3001, 4096};
inline constexpr std::size_t kTypes = 4;   ///< bf16, fp16, fp32 with TF32, strict fp32
inline constexpr std::size_t kPasses = 4;  ///< inference, training, backward, step

inline constexpr std::size_t kCount =
    kCells.size() * kBatches.size() * kHeads.size() * kHeadDims.size() * kTypes * kPasses;

/// 0 <= index < kCount.
inline Shape shape_at(std::size_t index) {
  const auto digit = [&](std::size_t base) {
    const std::size_t value = index % base;
    index /= base;
    return value;
  };
  Shape shape;
  shape.cell = builtin_cell(kCells[digit(kCells.size())]);
  const std::size_t type = digit(kTypes);
  shape.element = type == 0 ? ElementType::kBf16 : type == 1 ? ElementType::kFp16 : ElementType::kFp32;
  shape.tf32 = type != 3;
  const std::size_t pass = digit(kPasses);
  shape.pass = pass == 2 ? Pass::kBackward : pass == 3 ? Pass::kStep : Pass::kForward;
  shape.training = pass == 1;
  shape.batch = kBatches[digit(kBatches.size())];
  shape.heads = kHeads[digit(kHeads.size())];
  shape.head_dim = kHeadDims[digit(kHeadDims.size())];
  shape.steps = 1024;
  return shape;
}

/// The n-th of a sample without an order: coprime to kCount, so that kCount of them are all.
inline constexpr std::size_t kStride = 104729;
inline Shape sample(std::size_t n) { return shape_at(n * kStride % kCount); }

}  // namespace flashrnn::plan::grid
