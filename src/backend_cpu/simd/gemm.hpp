// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include "backend_cpu/simd/dtype_batch.hpp"
#include "backend_cpu/simd/fused.hpp"
#include "backend_cpu/simd/isa_traits.hpp"
#include "backend_cpu/simd/kernel_args.hpp"

/// The register-tiled product. A tile holds Rows x Vectors accumulators in registers; per k it reads Vectors weights
/// vectors and broadcasts Rows operand elements.
namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE {

/// How one weights vector is stored, and what one operand element does with it.
struct DotF32 {
  using Weight = float;
  using Value = Batch;
  static constexpr int kBytes = 4 * kWidth;  ///< of one weights vector
  static inline __attribute__((always_inline)) Value load(const void* b) {
    return Batch::load_aligned(static_cast<const float*>(b));
  }
  static inline __attribute__((always_inline)) Batch add(const std::uint32_t* a, const Value& b, const Batch& c) {
    return fused(Batch(reinterpret_bits<float>(*a)), b, c);
  }
};

struct DotBf16 : DotF32 {
  static constexpr int kBytes = 2 * kWidth;
  static inline __attribute__((always_inline)) Value load(const void* b) {
    return load_bf16(static_cast<const std::uint16_t*>(b));
  }
};

struct DotF16 : DotF32 {
  static constexpr int kBytes = 2 * kWidth;
  static inline __attribute__((always_inline)) Value load(const void* b) {
    return load_f16(static_cast<const std::uint16_t*>(b));
  }
};

#if defined(__AVX512BF16__)
struct DotBf16Pair {
  using Value = __m512bh;
  static constexpr int kBytes = 4 * kWidth;
  static inline __attribute__((always_inline)) Value load(const void* b) {
    return reinterpret_bits<__m512bh>(_mm512_load_si512(b));
  }
  static inline __attribute__((always_inline)) Batch add(const std::uint32_t* a, const Value& b, const Batch& c) {
    return Batch(_mm512_dpbf16_ps(c, reinterpret_bits<__m512bh>(_mm512_set1_epi32(static_cast<int>(*a))), b));
  }
};
#endif

/// f(std::integral_constant<int, 0>), ..., written out before the compiler's first pass: only so do all accumulators
/// stay in registers from the first to the last line of a tile.
template <int N, class F>
inline __attribute__((always_inline)) void unrolled(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) __attribute__((always_inline)) {
    (f(std::integral_constant<int, I>{}), ...);
  }
  (std::make_integer_sequence<int, N>{});
}

template <class Dot, int Rows, int Vectors>
void gemm_tile(const GemmArgs& g, const std::uint32_t* a, const char* b, float* c) {
  Batch sum[Rows * Vectors];
  const std::int64_t c_row_stride = g.c_row_stride;
  const auto for_sums = [&](auto visit) __attribute__((always_inline)) {
    unrolled<Rows * Vectors>([&](auto i) __attribute__((always_inline)) {
      visit(sum[i], c + i / Vectors * c_row_stride + i % Vectors * kWidth);
    });
  };
  if (g.accumulate) {
    for_sums([](Batch & s, const float* from) __attribute__((always_inline)) { s = Batch::load_unaligned(from); });
  } else {
    for_sums([](Batch & s, const float*) __attribute__((always_inline)) { s = Batch(0.0F); });
  }
  const std::int64_t step = g.a_k_stride;
  for (std::int64_t segment = 0; segment < g.segments; ++segment) {
    const std::uint32_t* row[Rows];
    for (int r = 0; r < Rows; ++r) row[r] = a + segment * g.a_segment_stride + r * g.a_row_stride;
    for (std::int64_t i = 0, end = g.k * step; i < end; i += step, b += Vectors * Dot::kBytes) {
      typename Dot::Value weights[Vectors];
      unrolled<Vectors>([&](auto v) __attribute__((always_inline)) { weights[v] = Dot::load(b + v * Dot::kBytes); });
      unrolled<Rows * Vectors>([&](auto j) __attribute__((always_inline)) {
        sum[j] = Dot::add(row[j / Vectors] + i, weights[j % Vectors], sum[j]);
      });
    }
  }
  for_sums([](const Batch& s, float* to) __attribute__((always_inline)) { s.store_unaligned(to); });
}

/// Rows of the largest tile with so many vectors: what fits the registers.
constexpr int max_tile_rows(int vectors) { return FLASHRNN_TRAITS_OF(FLASHRNN_ISA).max_rows[vectors]; }

template <class Dot, int Vectors, int Rows = max_tile_rows(Vectors)>
void gemm_rows(const GemmArgs& g, std::int64_t rows, const std::uint32_t* a, const char* b, float* c) {
  if constexpr (Rows >= 1) {
    if (rows == Rows) {
      gemm_tile<Dot, Rows, Vectors>(g, a, b, c);
    } else {
      gemm_rows<Dot, Vectors, Rows - 1>(g, rows, a, b, c);
    }
  }
}

/// Panels outside, tiles of rows inside: a panel is read from far once and from the near cache for the other tiles.
template <class Dot, int Vectors>
void gemm_panels(const GemmArgs& g) {
  constexpr int kMaxRows = max_tile_rows(Vectors);
  const std::int64_t tiles = (g.rows + kMaxRows - 1) / kMaxRows;
  for (std::int64_t p = 0; p < g.panels; ++p) {
    const char* b = static_cast<const char*>(g.b) + p * g.panel_bytes;
    float* c = g.c + p * g.c_panel_stride;
    for (std::int64_t t = 0; t < tiles; ++t) {
      const std::int64_t first = g.rows * t / tiles;
      const std::int64_t rows = g.rows * (t + 1) / tiles - first;
      gemm_rows<Dot, Vectors>(g, rows, g.a + first * g.a_row_stride, b, c + first * g.c_row_stride);
    }
  }
}

template <class Dot>
void gemm(const GemmArgs& g) {
  switch (g.vectors) {
    case 1:
      return gemm_panels<Dot, 1>(g);
    case 2:
      return gemm_panels<Dot, 2>(g);
    case 3:
      return gemm_panels<Dot, 3>(g);
    case 4:
      return gemm_panels<Dot, 4>(g);
    case 6:
      return gemm_panels<Dot, 6>(g);
    case 8:
      return gemm_panels<Dot, 8>(g);
    default:
      return;
  }
}

}  // namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE
