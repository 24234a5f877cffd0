// SPDX-License-Identifier: Apache-2.0
#include "common/cell/gpu_functions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/cell/math.hpp"

/// The GPUs' functions with the C library's exp2 in place of the special-function unit: what the code around it adds.
namespace flashrnn::cell {
namespace {

using Gpu = GpuFunctions<SpecialFunctions>;
// Lambdas, since functions that are always inlined have no address.
const auto kExp = [](float x) { return Gpu::exp(x); };
const auto kExpMinus = [](float x) { return Gpu::exp_minus(x); };
const auto kFastExp = [](float x) { return Gpu::fast_exp(x); };
const auto kTanh = [](float x) { return Gpu::exact_tanh(x); };
const auto kLog1p = [](float x) { return Gpu::log1p(x); };
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

template <class F, class Truth>
double worst_relative(F f, Truth truth, double low, double high) {
  double worst = 0;
  for (int i = 0; i <= 200000; ++i) {
    const auto x = static_cast<float>(low + (high - low) * i / 200000);
    const double expected = truth(static_cast<double>(x));
    if (expected == 0) continue;
    worst = std::max(worst, std::abs(static_cast<double>(f(x)) - expected) / std::abs(expected));
  }
  return worst;
}

TEST(GpuFunctions, ExponentialsKeepTheirPrecisionFarFromZero) {
  const auto truth = [](double x) { return std::exp(x); };
  EXPECT_LT(worst_relative(kExp, truth, -87, 88.7), 2.5e-7);
  EXPECT_LT(worst_relative(
                kExpMinus, [](double x) { return std::exp(-x); }, -86, 86),
            2.5e-7);
  EXPECT_LT(worst_relative(kFastExp, truth, -20, 20), 2e-6);
}

TEST(GpuFunctions, TanhIsPreciseOnBothSidesOfItsSeam) {
  const auto truth = [](double x) { return std::tanh(x); };
  EXPECT_LT(worst_relative(kTanh, truth, -12, 12), 3e-7);
  EXPECT_LT(worst_relative(kTanh, truth, 0.54, 0.56), 3e-7);
  for (float x = 1e-37F; x < 1; x *= 3) {
    EXPECT_NEAR(Gpu::exact_tanh(x) / std::tanh(static_cast<double>(x)), 1, 2e-7) << x;
    EXPECT_EQ(Gpu::exact_tanh(-x), -Gpu::exact_tanh(x));
  }
  EXPECT_EQ(Gpu::exact_tanh(0.0F), 0.0F);
}

TEST(GpuFunctions, LogarithmKeepsSmallArguments) {
  EXPECT_LT(worst_relative(
                kLog1p, [](double x) { return std::log1p(x); }, 0, 1),
            2.5e-7);
  for (float x = 1e-37F; x < 1; x *= 3) {
    EXPECT_NEAR(Gpu::log1p(x) / std::log1p(static_cast<double>(x)), 1, 2.5e-7) << x;
  }
}

TEST(GpuFunctions, QuickLogarithmIsAbsolutelyPrecise) {
  for (int i = 0; i <= 100000; ++i) {
    const float x = static_cast<float>(i) / 100000;
    ASSERT_NEAR(Gpu::quick_log1p(x), std::log1p(static_cast<double>(x)), 2e-7);
  }
}

TEST(GpuFunctions, InfinitiesAndNanPass) {
  EXPECT_EQ(Gpu::exp(kInf), kInf);
  EXPECT_EQ(Gpu::exp(1000.0F), kInf);
  EXPECT_EQ(Gpu::exp(-kInf), 0.0F);
  EXPECT_EQ(Gpu::fast_exp(kInf), kInf);
  EXPECT_EQ(Gpu::fast_exp(-kInf), 0.0F);
  EXPECT_LT(Gpu::exp_minus(kInf), 1e-36F);
  EXPECT_GT(Gpu::exp_minus(-kInf), 1e36F);
  EXPECT_EQ(Gpu::exact_tanh(kInf), 1.0F);
  EXPECT_EQ(Gpu::exact_tanh(-kInf), -1.0F);
  for (const float y :
       {Gpu::exp(kNaN), Gpu::exp_minus(kNaN), Gpu::fast_exp(kNaN), Gpu::exact_tanh(kNaN), Gpu::log1p(kNaN)}) {
    EXPECT_TRUE(std::isnan(y));
  }
  EXPECT_TRUE(std::isnan(SpecialFunctions::max(kNaN, 1.0F)) && std::isnan(SpecialFunctions::max(1.0F, kNaN)));
  EXPECT_TRUE(std::isnan(SpecialFunctions::min(kNaN, 1.0F)) && std::isnan(SpecialFunctions::min(1.0F, kNaN)));
}

/// A value type whose device has the coarse instruction.
struct Coarse {
  float v;
};

}  // namespace

template <>
struct Ops<Coarse> : Ops<float> {
  static Coarse constant(double value) { return {static_cast<float>(value)}; }
  static Coarse fma(Coarse a, Coarse b, Coarse c) { return {std::fma(a.v, b.v, c.v)}; }
  static Coarse coarse_tanh(Coarse x) { return {std::tanh(x.v) * (1 + 0x1p-12F)}; }
};

namespace {

Coarse operator*(Coarse a, Coarse b) { return {a.v * b.v}; }

TEST(CoarseMath, TakesTheInstructionOrWhatFastDoes) {
  for (int i = -200; i <= 200; ++i) {
    const float x = static_cast<float>(i) / 20;
    const double sigmoid = 1 / (1 + std::exp(-static_cast<double>(x)));
    EXPECT_NEAR(CoarseMath::tanh(Coarse{x}).v, std::tanh(x), 0x1p-11);
    EXPECT_NEAR(CoarseMath::sigmoid(Coarse{x}).v, sigmoid, 0x1p-12);
    EXPECT_EQ(CoarseMath::tanh(x), FastMath::tanh(x));
    EXPECT_EQ(CoarseMath::sigmoid(x), FastMath::sigmoid(x));
    EXPECT_EQ(CoarseMath::log_sigmoid_grad(x), FastMath::sigmoid(-x));
  }
}

}  // namespace
}  // namespace flashrnn::cell
