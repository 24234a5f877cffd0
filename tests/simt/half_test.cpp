// SPDX-License-Identifier: Apache-2.0
#include "common/device/half.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

/// Conversions against rounding done with nearbyint in double.
namespace flashrnn::device {
namespace {

/// x to nearest even with `mantissa` bits behind the point and exponents from `lowest`; infinity past `largest`.
double rounded(double x, int mantissa, int lowest, double largest) {
  if (x == 0.0 || !std::isfinite(x)) return x;
  const int exponent = std::max(std::ilogb(x), lowest);
  const double quantum = std::ldexp(1.0, exponent - mantissa);
  const double result = std::nearbyint(x / quantum) * quantum;
  return std::abs(result) > largest ? std::copysign(std::numeric_limits<double>::infinity(), x) : result;
}

template <class T>
void expect_rounded(float x, int mantissa, int lowest, double largest) {
  const float got = to_float(from_float<T>(x));
  if (std::isnan(x)) {
    EXPECT_TRUE(std::isnan(got));
  } else {
    const double wanted = rounded(x, mantissa, lowest, largest);
    EXPECT_EQ(static_cast<double>(got), wanted) << x;
    EXPECT_EQ(std::signbit(got), std::signbit(x));
  }
}

const double kLargestBf16 = std::ldexp(255.0, 120);

TEST(Half, EveryHalfReturnsAndItsNeighboursRound) {
  for (Uint32 bits = 0; bits < 0x10000U; ++bits) {
    const auto half = static_cast<Uint16>(bits);
    const float fp16 = to_float(Fp16{half});
    const float bf16 = to_float(Bf16{half});
    if (std::isnan(fp16)) {
      EXPECT_TRUE(std::isnan(to_float(from_float<Fp16>(fp16))));
    } else {
      EXPECT_EQ(from_float<Fp16>(fp16).bits, half);
    }
    if (std::isnan(bf16)) {
      EXPECT_TRUE(std::isnan(to_float(from_float<Bf16>(bf16))));
    } else {
      EXPECT_EQ(from_float<Bf16>(bf16).bits, half);
    }
    // The middle between two halves, and the floats beside it.
    for (const Uint32 offset : {0xfffU, 0x1000U, 0x1001U, 0x7fffU, 0x8000U, 0x8001U}) {
      expect_rounded<Bf16>(bits_float((bits << 16) + offset), 7, -126, kLargestBf16);
      expect_rounded<Fp16>(bits_float(float_bits(fp16) + offset), 10, -14, 65504.0);
    }
  }
}

TEST(Half, RandomFloats) {
  std::mt19937 random(11);
  for (int i = 0; i < 200000; ++i) {
    const float x = bits_float(static_cast<Uint32>(random()));
    expect_rounded<Bf16>(x, 7, -126, kLargestBf16);
    expect_rounded<Fp16>(x, 10, -14, 65504.0);
    expect_rounded<Fp16>(std::ldexp(x - std::trunc(x), -(i % 30)), 10, -14, 65504.0);
  }
}

TEST(Half, PairsFillARegisterFromBelow) {
  EXPECT_EQ(pack_pair(from_float<Bf16>(1.0F), from_float<Bf16>(-2.0F)), 0xc0003f80U);
  EXPECT_EQ(pack_pair(from_float<Fp16>(1.0F), from_float<Fp16>(-2.0F)), 0xc0003c00U);
}

TEST(Half, Tf32RoundsTiesAway) {
  EXPECT_EQ(from_float<Tf32>(1.0F + 0x1p-11F).bits, float_bits(1.0F + 0x1p-10F));
  EXPECT_EQ(from_float<Tf32>(1.0F + 0x0.ffep-11F).bits, float_bits(1.0F));
  EXPECT_EQ(from_float<Tf32>(-1.0F - 0x1p-11F).bits, float_bits(-1.0F - 0x1p-10F));
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_float(from_float<Tf32>(infinity)), infinity);
  EXPECT_EQ(to_float(from_float<Tf32>(std::numeric_limits<float>::max())), infinity);
  EXPECT_TRUE(std::isnan(to_float(from_float<Tf32>(std::nanf("")))));
}

}  // namespace
}  // namespace flashrnn::device
