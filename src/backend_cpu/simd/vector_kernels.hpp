// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simd/dtype_batch.hpp"
#include "backend_cpu/simd/kernel_args.hpp"

/// Conversions and reductions over rows.
namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE {

template <int DType>
void widen_rows_as(const WidenRows& p) {
  constexpr std::int64_t kBytes = DType == FLASHRNN_F32 ? 4 : 2;
  for (std::int64_t row = 0; row < p.rows; ++row) {
    for (std::int64_t part = 0; part < p.parts; ++part) {
      const char* src = static_cast<const char*>(p.src[row]) + part * p.src_part_stride * kBytes;
      float* wide = p.wide + row * p.wide_row_stride + part * p.wide_part_stride;
      std::int64_t i = 0;
      const char* ahead = row + kRowsAhead < p.rows
                              ? static_cast<const char*>(p.src[row + kRowsAhead]) + part * p.src_part_stride * kBytes
                              : src;
      for (; i + kWidth <= p.n; i += kWidth) {
        __builtin_prefetch(ahead + i * kBytes);
        load_as<DType>(src, i).store_unaligned(wide + i);
      }
      if (i < p.n) {
        alignas(64) char tail[4 * kWidth] = {};
        __builtin_memcpy(tail, src + i * kBytes, static_cast<std::size_t>((p.n - i) * kBytes));
        load_as<DType>(tail, 0).store_unaligned(wide + i);
      }
    }
  }
}

template <int DType>
void narrow_rows_as(const NarrowRows& p) {
  constexpr std::int64_t kBytes = DType == FLASHRNN_F32 ? 4 : 2;
  for (std::int64_t row = 0; row < p.rows; ++row) {
    for (std::int64_t part = 0; part < p.parts; ++part) {
      const float* wide = p.wide + row * p.wide_row_stride + p.wide_part_offset[part];
      char* dst = static_cast<char*>(p.dst[row]) + part * p.dst_part_stride * kBytes;
      std::int64_t i = 0;
      for (; i + kWidth <= p.n; i += kWidth) store_as<DType>(Batch::load_unaligned(wide + i), dst, i);
      if (i < p.n) {
        alignas(64) char tail[4 * kWidth];
        store_as<DType>(Batch::load_unaligned(wide + i), tail, 0);
        __builtin_memcpy(dst + i * kBytes, tail, static_cast<std::size_t>((p.n - i) * kBytes));
      }
    }
  }
}

template <int DType>
void round_rows_as(const RoundRows& p) {
  for (std::int64_t row = 0; row < p.rows; ++row) {
    const float* wide = p.wide + row * p.wide_row_stride;
    std::uint32_t* dst = p.dst + row * p.dst_row_stride;
    for (std::int64_t i = 0; i < p.n; i += kWidth) {
      const Batch x = Batch::load_unaligned(wide + i);
      if (p.pairs) {
        store_as<DType>(x, dst, i);
      } else {
        round_as<DType>(x).store_unaligned(reinterpret_cast<float*>(dst) + i);
      }
    }
  }
}

inline void widen_rows(const WidenRows& p) {
  switch (p.dtype) {
    case FLASHRNN_BF16:
      return widen_rows_as<FLASHRNN_BF16>(p);
    case FLASHRNN_F16:
      return widen_rows_as<FLASHRNN_F16>(p);
    default:
      return widen_rows_as<FLASHRNN_F32>(p);
  }
}

inline void narrow_rows(const NarrowRows& p) {
  switch (p.dtype) {
    case FLASHRNN_BF16:
      return narrow_rows_as<FLASHRNN_BF16>(p);
    case FLASHRNN_F16:
      return narrow_rows_as<FLASHRNN_F16>(p);
    default:
      return narrow_rows_as<FLASHRNN_F32>(p);
  }
}

inline void round_rows(const RoundRows& p) {
  switch (p.dtype) {
    case FLASHRNN_BF16:
      return round_rows_as<FLASHRNN_BF16>(p);
    case FLASHRNN_F16:
      return round_rows_as<FLASHRNN_F16>(p);
    default:
      return round_rows_as<FLASHRNN_F32>(p);
  }
}

inline void pair_rows(const float* even, const float* odd, std::uint32_t* dst, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += kWidth) {
    const BatchI low = bf16_bits(Batch::load_unaligned(even + i));
    const BatchI high = odd == nullptr ? BatchI(0) : bf16_bits(Batch::load_unaligned(odd + i));
    (low | (high << 16)).store_unaligned(reinterpret_cast<std::int32_t*>(dst) + i);
  }
}

inline void clamp(float* x, std::int64_t n, float limit) {
  for (std::int64_t i = 0; i < n; i += kWidth) {
    const Batch v = Batch::load_unaligned(x + i);
    // Comparisons with a NaN fail, so it stays.
    const Batch above = xsimd::select(v > Batch(limit), Batch(limit), v);
    xsimd::select(above < Batch(-limit), Batch(-limit), above).store_unaligned(x + i);
  }
}

inline void add_rows(float* sum, const float* src, std::int64_t row_stride, std::int64_t rows, std::int64_t n) {
  for (std::int64_t i = 0; i < n; i += kWidth) {
    Batch s = Batch::load_unaligned(sum + i);
    for (std::int64_t r = 0; r < rows; ++r) s += Batch::load_unaligned(src + r * row_stride + i);
    s.store_unaligned(sum + i);
  }
}

}  // namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE
