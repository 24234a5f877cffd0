// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "flashrnn/flashrnn.h"
#include "tests/cpu/isa_fixture.hpp"

namespace flashrnn::cpu {
namespace {

class DType : public IsaTest {
 protected:
  void widen(flashrnn_dtype dtype, const std::vector<std::uint16_t>& from, std::vector<float>* to) const {
    to->assign(from.size() + 16, -7.0F);
    const void* row = from.data();
    kernels_->widen_rows({dtype, 1, 1, static_cast<std::int64_t>(from.size()), &row, 0, to->data(), 0, 0});
  }
  void narrow(flashrnn_dtype dtype, std::vector<float> from, std::vector<std::uint16_t>* to) const {
    const auto n = static_cast<std::int64_t>(from.size());
    from.resize(from.size() + 16);  // whole vectors are read
    to->assign(static_cast<std::size_t>(n) + 1, 0x1234);
    void* row = to->data();
    const std::int64_t offset = 0;
    kernels_->narrow_rows({dtype, 1, 1, n, &row, 0, from.data(), 0, &offset});
  }
};
INSTANTIATE_TEST_SUITE_P(Isas, DType, testing::Range(0, kIsaCount),
                         [](const auto& info) { return std::string(isa_name(static_cast<Isa>(info.param))); });

/// The value of a 16-bit number with so many exponent bits, by its definition.
double value_of(std::uint16_t h, int exponent_bits) {
  const int mantissa_bits = 15 - exponent_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (h >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const int mantissa = h & ((1 << mantissa_bits) - 1);
  const double sign = (h & 0x8000) != 0 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return mantissa != 0 ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return sign * std::ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
}

TEST_P(DType, EveryValueWidensAndComesBack) {
  for (const flashrnn_dtype dtype : {FLASHRNN_BF16, FLASHRNN_F16}) {
    std::vector<std::uint16_t> all(0x10000);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
    std::vector<float> wide;
    widen(dtype, all, &wide);
    std::vector<std::uint16_t> back;
    wide.resize(all.size());
    narrow(dtype, wide, &back);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double expected = value_of(all[i], dtype == FLASHRNN_BF16 ? 8 : 5);
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(wide[i])) << i;
        ASSERT_TRUE(std::isnan(value_of(back[i], dtype == FLASHRNN_BF16 ? 8 : 5))) << i;
      } else {
        ASSERT_EQ(wide[i], expected) << i;
        ASSERT_EQ(back[i], all[i]) << i;
      }
    }
    EXPECT_EQ(back.back(), 0x1234) << "written past the end";
  }
}

/// Between two neighbours the nearer one, at the middle the even one; past the largest, infinity.
TEST_P(DType, RoundsToNearestEven) {
  for (const flashrnn_dtype dtype : {FLASHRNN_BF16, FLASHRNN_F16}) {
    const int exponent_bits = dtype == FLASHRNN_BF16 ? 8 : 5;
    std::vector<float> values;
    std::vector<std::uint16_t> expected;
    const auto add = [&](double v, std::uint16_t h) {
      values.push_back(static_cast<float>(v));
      expected.push_back(h);
      values.push_back(static_cast<float>(-v));
      expected.push_back(h | 0x8000);
    };
    const int infinity = dtype == FLASHRNN_BF16 ? 0x7F80 : 0x7C00;
    // bf16's denormals are fp32's, which processors may flush: from the normal ones on there.
    for (int h = dtype == FLASHRNN_BF16 ? 0x100 : 1; h + 1 < infinity; h += 3) {
      const double low = value_of(static_cast<std::uint16_t>(h), exponent_bits);
      const double high = value_of(static_cast<std::uint16_t>(h + 1), exponent_bits);
      add((low + high) / 2, static_cast<std::uint16_t>(h + h % 2));
      add(low + (high - low) * 0.49, static_cast<std::uint16_t>(h));
      add(low + (high - low) * 0.51, static_cast<std::uint16_t>(h + 1));
    }
    const double largest = value_of(static_cast<std::uint16_t>(infinity - 1), exponent_bits);
    const double ulp = largest - value_of(static_cast<std::uint16_t>(infinity - 2), exponent_bits);
    add(largest + ulp * 0.49, static_cast<std::uint16_t>(infinity - 1));
    add(largest + ulp * 0.5, static_cast<std::uint16_t>(infinity));
    std::vector<std::uint16_t> rounded;
    narrow(dtype, values, &rounded);
    for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(rounded[i], expected[i]) << values[i];
  }
}

TEST_P(DType, TailsAreFilledWithZerosAndNoMore) {
  for (std::int64_t n = 1; n <= 2 * kernels_->width + 1; ++n) {
    std::vector<std::uint16_t> from(static_cast<std::size_t>(n), 0x3F80);  // bf16 1
    std::vector<float> to;
    widen(FLASHRNN_BF16, from, &to);
    const std::int64_t whole = (n + kernels_->width - 1) / kernels_->width * kernels_->width;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(to.size()); ++i)
      EXPECT_EQ(to[static_cast<std::size_t>(i)], i < n ? 1.0F : i < whole ? 0.0F : -7.0F);
  }
}

}  // namespace
}  // namespace flashrnn::cpu
