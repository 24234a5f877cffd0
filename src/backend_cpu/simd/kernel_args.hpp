// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend_cpu/simd/isa.hpp"

/// What the engine hands to the instruction-set-specific kernels, and the tables through which it calls them. Plain data:
/// this header is compiled by translation units with different instruction sets and must hold no inline function.
///
/// Units come in vectors of `width` floats; Dp is D rounded up to whole vectors. All fp32 arrays here have rows of whole
/// vectors (padding included) and the alignment of a vector; padding holds finite values.
namespace flashrnn::cpu {

/// Rows of a user's tensor lie far from each other, often a power of two apart, so that a few of them fill a cache set.
/// Kernels ask for a row's lines this many rows ahead; the engine asks for the first ones before a product.
inline constexpr int kRowsAhead = 6;

/// How packed weights are stored, and so how the product multiplies.
enum class WeightFormat : int {
  kF32 = 0,       ///< fp32 weights, fp32 operand
  kBf16 = 1,      ///< bf16 weights widened on the fly, fp32 operand (holding bf16 values)
  kF16 = 2,       ///< fp16 weights widened on the fly, fp32 operand (holding fp16 values)
  kBf16Pair = 3,  ///< pairs of bf16 along k for dot-product instructions; so is the operand
};
inline constexpr int kWeightFormatCount = 4;

/// c[row][column] (+)= sum over k of a[row][k] * b[k][column].
/// An element of `a` is 32 bits: a float, or with kBf16Pair two bf16. `b` is packed in panels of `vectors` SIMD vectors:
/// [panel][k][vectors][width], the last panel padded with zeros; so c needs whole panels per row.
/// Each sum runs over k in ascending order in one fp32 chain, whatever the tile: the bits do not depend on the split.
struct GemmArgs {
  const std::uint32_t* a;
  std::int64_t a_row_stride;      ///< in elements
  std::int64_t a_k_stride;        ///< in elements
  std::int64_t segments;          ///< k runs over `segments` pieces of `k` elements, a_segment_stride apart in a
  std::int64_t a_segment_stride;  ///< in elements
  std::int64_t k;
  const void* b;
  std::int64_t panel_bytes;       ///< from one panel of b to the next
  std::int64_t panels;
  int vectors;                    ///< of a panel: 1, 2, 3, 4, 6 or 8
  float* c;
  std::int64_t c_row_stride;      ///< in floats
  std::int64_t c_panel_stride;    ///< in floats
  std::int64_t rows;
  bool accumulate;                ///< the sums start from c instead of 0
};

/// The forward of `rows` x `units` elements. Pointer arrays hold one pointer per row.
struct PointwiseForward {
  std::int64_t rows;
  std::int64_t units;               ///< in vectors
  /// Products of the first- and the second-stage gates: [row][unit vector][gate][width].
  const float* product[2];
  std::int64_t product_row_stride[2];
  int x_dtype;                      ///< flashrnn_dtype of x
  const void* const* x;             ///< input gates of each row: [gate][...], x_gate_stride apart
  std::int64_t x_gate_stride;       ///< in elements
  const float* bias;                ///< [slot][...], bias_stride apart
  std::int64_t bias_stride;
  float* state;                     ///< in: before the step, out: after it: [state][row][...]
  std::int64_t state_stride;
  std::int64_t state_row_stride;
  float* const* saved;              ///< out, may be null: [saved][...] (and h before the clip, if there is one)
  float* const* prev;               ///< out, may be null: the states before the step [state][...]
  std::int64_t slot_stride;         ///< between the slots of saved and prev
  bool stream;                      ///< saved and prev go past the caches
  float* operand;                   ///< the second-stage operand, out of the operand kernel: [row][...]
  std::int64_t operand_row_stride;
  float clip;                       ///< 0 = off
  int dtype;                        ///< what h is rounded to, for the two that follow
  void* const* h;                   ///< out, may be null: h of each row, contiguous, in dtype
  std::uint32_t* next;              ///< out, may be null: h as the next step's product takes it: floats or packed bf16
  std::int64_t next_row_stride;     ///< in 32-bit elements
  bool next_pairs;                  ///< packed bf16
};

/// The backward of `rows` x `units` elements.
struct PointwiseBackward {
  std::int64_t rows;
  std::int64_t units;
  const float* const* saved;        ///< as written by the forward
  const float* const* prev;
  std::int64_t slot_stride;
  const void* const* dstates;       ///< gradients from outside, of each row [state][...]; may be null
  int dstates_dtype;
  int dstates_count;                ///< states that dstates holds
  std::int64_t dstates_stride;      ///< between states, in elements
  float* carry;                     ///< in: gradients from the next step; out: the direct part towards the previous one
  std::int64_t carry_stride;
  std::int64_t carry_row_stride;
  float* da;                        ///< out: [row][position][...], positions da_stride apart
  std::int64_t da_row_stride;
  std::int64_t da_stride;
  const int* position;              ///< of each slot in da
  std::uint32_t* da_pairs;          ///< out, may be null: of the recurrent gates, packed bf16: [row][gate][...]
  std::int64_t da_pairs_row_stride;  ///< in 32-bit elements
  std::int64_t da_pairs_gate_stride;
  const float* doperand;            ///< gradient of the second-stage operand, for the operand kernel: [row][...]
  std::int64_t doperand_row_stride;
  bool drop_operand_carry;          ///< gradient cut: nothing of the operand's gradient goes to carry
  float clip;                       ///< the forward clip; 0 = off
};

/// The operand of second-stage gates from what the forward saved: [row][...].
struct SavedOperand {
  std::int64_t rows;
  std::int64_t units;
  const float* const* saved;
  const float* const* prev;
  std::int64_t slot_stride;
  float* operand;
  std::int64_t operand_row_stride;
};

/// wide[row][part][0, n) = float(src[row][part][0, n)), and zeros up to the next whole vector.
struct WidenRows {
  int dtype;  ///< flashrnn_dtype
  std::int64_t rows;
  std::int64_t parts;
  std::int64_t n;
  const void* const* src;        ///< one pointer per row
  std::int64_t src_part_stride;  ///< in elements
  float* wide;
  std::int64_t wide_row_stride;
  std::int64_t wide_part_stride;
};

/// dst[row][part][0, n) = wide[row][part][0, n) rounded to nearest even.
struct NarrowRows {
  int dtype;
  std::int64_t rows;
  std::int64_t parts;
  std::int64_t n;
  void* const* dst;
  std::int64_t dst_part_stride;
  const float* wide;
  std::int64_t wide_row_stride;
  const std::int64_t* wide_part_offset;  ///< of each part in a row of wide
};

/// dst[row] = wide[row][0, n) rounded to dtype, as a product's operand: floats, or packed bf16 (`pairs`).
struct RoundRows {
  int dtype;
  bool pairs;
  std::int64_t rows;
  std::int64_t n;  ///< whole vectors
  const float* wide;
  std::int64_t wide_row_stride;
  std::uint32_t* dst;
  std::int64_t dst_row_stride;  ///< in 32-bit elements
};

inline constexpr int kMathCount = 3;  ///< exact, fast, linear: flashrnn_math - 1

/// A cell's kernels for one instruction set. Those of second-stage operands are null for cells of one stage.
struct CellKernels {
  void (*forward[kMathCount])(const PointwiseForward&);
  void (*backward[kMathCount])(const PointwiseBackward&);
  void (*operand[kMathCount])(const PointwiseForward&);
  void (*operand_backward[kMathCount])(const PointwiseBackward&);
  void (*saved_operand[kMathCount])(const SavedOperand&);
};

/// A cell as the CPU backend sees it.
struct CpuCell {
  int saved;              ///< slots that the forward saves
  int first_stage_gates;  ///< recurrent gates multiplied with h; the others with the cell's operand
  int input_slot[8];
  int recurrent_slot[8];
  const CellKernels* kernels[kIsaCount];  ///< null where not built
};

/// Everything else that is instruction-set-specific.
struct IsaKernels {
  int width;           ///< floats of a vector
  void (*gemm[kWeightFormatCount])(const GemmArgs&);  ///< null where not supported
  void (*widen_rows)(const WidenRows&);
  void (*narrow_rows)(const NarrowRows&);
  void (*round_rows)(const RoundRows&);
  /// dst[i] = even[i] and odd[i] as bf16, low and high half. odd may be null: zeros. n: whole vectors.
  void (*pair_rows)(const float* even, const float* odd, std::uint32_t* dst, std::int64_t n);
  /// x = clamp(x, -limit, limit); NaN stays.
  void (*clamp)(float* x, std::int64_t n, float limit);
  /// sum[0, n) += the rows of src, one after the other.
  void (*add_rows)(float* sum, const float* src, std::int64_t row_stride, std::int64_t rows, std::int64_t n);
};

}  // namespace flashrnn::cpu
