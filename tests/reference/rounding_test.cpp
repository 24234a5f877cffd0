// SPDX-License-Identifier: Apache-2.0
#include "common/reference/rounding.hpp"

#include <cfloat>

#include "support.hpp"

namespace flashrnn::reference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Rounding16 : public testing::TestWithParam<Precision> {};
INSTANTIATE_TEST_SUITE_P(Formats, Rounding16, testing::Values(Precision::kF16, Precision::kBf16));

TEST_P(Rounding16, EveryBitPatternSurvives) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const double value = from_bits16(GetParam(), static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(from_bits16(GetParam(), to_bits16(GetParam(), value))));
      EXPECT_EQ(to_bits16(GetParam(), value) >> 15, bits >> 15);
    } else {
      ASSERT_EQ(to_bits16(GetParam(), value), bits);
      ASSERT_EQ(round_to(GetParam(), value), value);
    }
  }
}

// Between neighbours: below the middle down, above it up, on it to the even one.
TEST_P(Rounding16, NearestTiesToEven) {
  const double largest = std::ldexp(2.0 - 2.0 * unit_roundoff(GetParam()), format_of(GetParam()).max_exponent);
  for (std::uint16_t bits = 0;; ++bits) {
    const double low = from_bits16(GetParam(), bits);
    if (low == largest) break;
    const double high = from_bits16(GetParam(), static_cast<std::uint16_t>(bits + 1));
    const double middle = 0.5 * (low + high);
    const double even = (bits & 1) == 0 ? low : high;
    ASSERT_EQ(round_to(GetParam(), middle), even) << bits;
    ASSERT_EQ(round_to(GetParam(), -middle), -even) << bits;
    ASSERT_EQ(round_to(GetParam(), std::nextafter(middle, 0.0)), low) << bits;
    ASSERT_EQ(round_to(GetParam(), std::nextafter(middle, kInfinity)), high) << bits;
  }
}

TEST_P(Rounding16, Overflow) {
  const double largest = std::ldexp(2.0 - 2.0 * unit_roundoff(GetParam()), format_of(GetParam()).max_exponent);
  const double limit = std::ldexp(2.0 - unit_roundoff(GetParam()), format_of(GetParam()).max_exponent);
  EXPECT_EQ(round_to(GetParam(), std::nextafter(limit, 0.0)), largest);
  EXPECT_EQ(round_to(GetParam(), limit), kInfinity);
  EXPECT_EQ(round_to(GetParam(), -limit), -kInfinity);
  EXPECT_EQ(round_to(GetParam(), DBL_MAX), kInfinity);
  EXPECT_EQ(round_to(GetParam(), -kInfinity), -kInfinity);
}

TEST_P(Rounding16, NaNAndSignedZero) {
  EXPECT_TRUE(std::isnan(round_to(GetParam(), std::nan(""))));
  EXPECT_TRUE(std::signbit(round_to(GetParam(), -0.0)));
  EXPECT_TRUE(std::signbit(round_to(GetParam(), -0.25 * smallest_subnormal(GetParam()))));
  EXPECT_EQ(round_to(GetParam(), DBL_TRUE_MIN), 0.0);
}

TEST(Rounding, KnownNumbers) {
  EXPECT_EQ(to_bits16(Precision::kF16, 1.0), 0x3C00);
  EXPECT_EQ(to_bits16(Precision::kF16, -2.0), 0xC000);
  EXPECT_EQ(to_bits16(Precision::kF16, 65504.0), 0x7BFF);
  EXPECT_EQ(to_bits16(Precision::kF16, 0x1p-24), 0x0001);
  EXPECT_EQ(to_bits16(Precision::kBf16, 1.0), 0x3F80);
  EXPECT_EQ(to_bits16(Precision::kBf16, 3.140625), 0x4049);
  EXPECT_EQ(to_bits16(Precision::kBf16, kInfinity), 0x7F80);
  EXPECT_EQ(smallest_subnormal(Precision::kF16), 0x1p-24);
  EXPECT_EQ(smallest_subnormal(Precision::kF32), 0x1p-149);
}

TEST(Rounding, Fp32IsWhatTheHardwareDoes) {
  std::uint64_t state = 1;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto value = std::bit_cast<double>(state);
    if (!std::isfinite(value) || std::fabs(value) > 1e39) continue;
    ASSERT_EQ(round_to(Precision::kF32, value), static_cast<double>(static_cast<float>(value))) << value;
  }
}

// The plain run errs, more in coarser formats, and within what its format can do on a short case.
TEST(PlainRun, ErrorGrowsWithTheRoundoff) {
  for (const Cell cell : kCells) {
    verify::Case test = small_case(cell);
    test.dtype = FLASHRNN_BF16;
    const verify::CaseData data = verify::make_data(test);
    const Result exact = run(data);
    double last = 0.0;
    for (const Precision precision : {Precision::kF32, Precision::kTf32, Precision::kF16, Precision::kBf16}) {
      const Result plain = plain_run(data.problem, data.inputs, data.output_gradients, precision);
      const double error = relative_error(plain.gradients.dWx, exact.gradients.dWx);
      EXPECT_GT(error, last);
      EXPECT_GT(error, 0.05 * unit_roundoff(precision));  // with TF32, only what products read is rounded
      EXPECT_LT(error, 20.0 * unit_roundoff(precision));
      const Precision stored = precision == Precision::kTf32 ? Precision::kF32 : precision;
      for (const double value : plain.forward.states) ASSERT_EQ(round_to(stored, value), value);
      last = error;
    }
    const Result same = plain_run(data.problem, data.inputs, data.output_gradients, Precision::kF64);
    EXPECT_EQ(same.gradients.dR, exact.gradients.dR);
  }
}

}  // namespace
}  // namespace flashrnn::reference
