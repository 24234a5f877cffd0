// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "tests/cpu/isa_fixture.hpp"

namespace flashrnn::cpu {
namespace {

class Gemm : public IsaTest {};
INSTANTIATE_TEST_SUITE_P(Isas, Gemm, testing::Range(0, kIsaCount),
                         [](const auto& info) { return std::string(isa_name(static_cast<Isa>(info.param))); });

/// Small integers, which every format holds and every order of summation adds exactly.
struct Problem {
  Problem(WeightFormat format, int width, int vectors, std::int64_t rows, std::int64_t k, std::int64_t panels,
          std::int64_t segments, bool transposed, unsigned seed)
      : columns(panels * vectors * width), total_k(segments * k) {
    std::mt19937 random(seed);
    const auto value = [&] { return static_cast<float>(static_cast<int>(random() % 9) - 4); };
    const bool pairs = format == WeightFormat::kBf16Pair;
    const std::int64_t per_k = pairs ? 2 : 1;
    a_values.resize(static_cast<std::size_t>(rows * total_k * per_k));
    b_values.resize(static_cast<std::size_t>(total_k * per_k * columns));
    for (float& v : a_values) v = value();
    for (float& v : b_values) v = value();
    const auto bf16 = [](float v) {
      std::uint32_t u = 0;
      std::memcpy(&u, &v, 4);
      return u >> 16;
    };
    const auto f16 = [](float v) -> std::uint32_t {
      static constexpr std::uint16_t kHalves[] = {0, 0x3C00, 0x4000, 0x4200, 0x4400};
      return kHalves[static_cast<int>(v < 0 ? -v : v)] | (v < 0 ? 0x8000U : 0U);
    };
    // A: [segment][row][k], or [segment][k][row] when transposed.
    a.resize(static_cast<std::size_t>(rows * total_k));
    for (std::int64_t s = 0; s < segments; ++s) {
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t i = 0; i < k; ++i) {
          const std::int64_t kk = s * k + i;
          const float* v = &a_values[static_cast<std::size_t>((r * total_k + kk) * per_k)];
          std::uint32_t bits = 0;
          if (pairs) {
            bits = bf16(v[0]) | (bf16(v[1]) << 16);
          } else {
            std::memcpy(&bits, v, 4);
          }
          const std::int64_t at = s * rows * k + (transposed ? i * rows + r : r * k + i);
          a[static_cast<std::size_t>(at)] = bits;
        }
      }
    }
    const bool wide = format == WeightFormat::kF32 || pairs;
    bytes_per_vector = width * (wide ? 4 : 2);
    const std::int64_t panel_bytes = total_k * vectors * bytes_per_vector;
    b = static_cast<char*>(std::aligned_alloc(64, static_cast<std::size_t>((panels * panel_bytes + 63) / 64 * 64)));
    for (std::int64_t c = 0; c < columns; ++c) {
      const std::int64_t panel = c / (vectors * width);
      const std::int64_t lane = c % (vectors * width);
      for (std::int64_t kk = 0; kk < total_k; ++kk) {
        char* at = b + panel * panel_bytes + (kk * vectors * width + lane) * (wide ? 4 : 2);
        const float v0 = b_values[static_cast<std::size_t>((kk * per_k) * columns + c)];
        if (pairs) {
          const float v1 = b_values[static_cast<std::size_t>((kk * 2 + 1) * columns + c)];
          const std::uint32_t bits = bf16(v0) | (bf16(v1) << 16);
          std::memcpy(at, &bits, 4);
        } else if (wide) {
          std::memcpy(at, &v0, 4);
        } else {
          const auto bits = static_cast<std::uint16_t>(format == WeightFormat::kBf16 ? bf16(v0) : f16(v0));
          std::memcpy(at, &bits, 2);
        }
      }
    }
    args.a = a.data();
    args.a_row_stride = transposed ? 1 : k;
    args.a_k_stride = transposed ? rows : 1;
    args.segments = segments;
    args.a_segment_stride = rows * k;
    args.k = k;
    args.b = b;
    args.panel_bytes = panel_bytes;
    args.panels = panels;
    args.vectors = vectors;
    args.rows = rows;
    args.c_panel_stride = vectors * width;
  }
  ~Problem() { std::free(b); }
  Problem(const Problem&) = delete;
  Problem& operator=(const Problem&) = delete;

  [[nodiscard]] float expected(std::int64_t row, std::int64_t column) const {
    const auto n = static_cast<std::int64_t>(b_values.size()) / columns;
    float sum = 0;
    for (std::int64_t i = 0; i < n; ++i)
      sum += a_values[static_cast<std::size_t>(row * n + i)] * b_values[static_cast<std::size_t>(i * columns + column)];
    return sum;
  }

  std::int64_t columns, total_k;
  int bytes_per_vector = 0;
  std::vector<float> a_values, b_values;
  std::vector<std::uint32_t> a;
  char* b = nullptr;
  GemmArgs args = {};
};

TEST_P(Gemm, EveryTileShapeAndFormat) {
  for (int format = 0; format < kWeightFormatCount; ++format) {
    if (kernels_->gemm[format] == nullptr) continue;
    for (const int vectors : {1, 2, 3, 4, 6, 8}) {
      for (std::int64_t rows = 1; rows <= 17; ++rows) {
        for (const bool transposed : {false, true}) {
          const std::int64_t segments = rows % 3 + 1;
          Problem p(static_cast<WeightFormat>(format), kernels_->width, vectors, rows, 5 + rows % 4, 2, segments,
                    transposed, static_cast<unsigned>(rows * 100 + vectors));
          for (const bool accumulate : {false, true}) {
            // One row more, and a gap behind each: nothing may be written there.
            const std::int64_t stride = p.columns + 5;
            std::vector<float> c(static_cast<std::size_t>((rows + 1) * stride), 3.0F);
            p.args.c = c.data();
            p.args.c_row_stride = stride;
            p.args.accumulate = accumulate;
            kernels_->gemm[format](p.args);
            for (std::int64_t r = 0; r <= rows; ++r) {
              for (std::int64_t i = 0; i < stride; ++i) {
                const bool inside = r < rows && i < p.columns;
                const float want = inside ? p.expected(r, i) + (accumulate ? 3.0F : 0.0F) : 3.0F;
                ASSERT_EQ(c[static_cast<std::size_t>(r * stride + i)], want)
                    << "format " << format << " vectors " << vectors << " rows " << rows << " at " << r << "," << i;
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace flashrnn::cpu
