// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "flashrnn/flashrnn.h"

namespace flashrnn {

struct CellRegistration;  // common/runtime/cell_registry.hpp

/// A checked flashrnn_problem: every default resolved, every size in range, the cell looked up.
/// Letters as in flashrnn.h. Plain value: prints, hashes, compares.
struct Problem {
  const CellRegistration* cell = nullptr;  ///< never null; lives as long as the process
  flashrnn_dtype dtype = FLASHRNN_F32;
  flashrnn_dtype state_dtype = FLASHRNN_F32;
  std::int64_t batch = 0;     ///< B
  std::int64_t time = 0;      ///< T; for PACKED the longest row that can be, at most `tokens`
  std::int64_t heads = 0;     ///< N
  std::int64_t head_dim = 0;  ///< D
  std::int64_t tokens = 0;    ///< most tokens a call can hold: B * T for PADDED, M for PACKED
  bool packed = false;
  bool use_lengths = false;
  bool use_resets = false;
  bool reverse = false;
  bool training = false;
  flashrnn_reserve_mode reserve_mode = FLASHRNN_RESERVE_GATES;
  flashrnn_sequence output_sequence = FLASHRNN_SEQUENCE_H;
  flashrnn_sequence gradient_sequence = FLASHRNN_SEQUENCE_H;
  float forward_clip = 0.0F;   ///< 0 = off
  float gradient_clip = 0.0F;  ///< 0 = off
  bool gradient_cut = false;
  flashrnn_math math = FLASHRNN_MATH_EXACT;  ///< never DEFAULT
  flashrnn_matmul matmul = FLASHRNN_MATMUL_STRICT;
};

/// Bytes of one element; `dtype` is never DEFAULT here.
constexpr std::int64_t dtype_bytes(flashrnn_dtype dtype) { return dtype == FLASHRNN_F32 ? 4 : 2; }

}  // namespace flashrnn
