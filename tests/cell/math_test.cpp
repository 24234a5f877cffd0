// SPDX-License-Identifier: Apache-2.0
#include "common/cell/math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "backend_cpu/simd/batch_ops.hpp"

namespace flashrnn::cell {
namespace {

using Batch = xsimd::batch<float, xsimd::default_arch>;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

template <class F>
float on_batch(F f, float x) {
  alignas(64) float values[Batch::size];
  Batch y = f(Batch(x));
  y.store_aligned(values);
  for (const float v : values) EXPECT_TRUE(v == values[0] || (std::isnan(v) && std::isnan(values[0])));
  return values[0];
}

struct Function {
  const char* name;
  float (*exact)(float);
  float (*fast)(float);
  double (*truth)(double);
  double low, high;
  double exact_bound;  ///< relative
  double fast_bound;   ///< absolute, where results lie in [-1, 1] or near
};

#define FLASHRNN_ON_BATCH(M, f) [](float x) { return on_batch([](Batch v) { return M::f(v); }, x); }

const Function kFunctions[] = {
    {"exp", FLASHRNN_ON_BATCH(ExactMath, exp), FLASHRNN_ON_BATCH(FastMath, exp), [](double x) { return std::exp(x); },
     -80, 2, 2.5e-7, 4e-6},
    {"sigmoid", FLASHRNN_ON_BATCH(ExactMath, sigmoid), FLASHRNN_ON_BATCH(FastMath, sigmoid),
     [](double x) { return 1 / (1 + std::exp(-x)); }, -40, 40, 5e-7, 1e-6},
    {"tanh", FLASHRNN_ON_BATCH(ExactMath, tanh), FLASHRNN_ON_BATCH(FastMath, tanh),
     [](double x) { return std::tanh(x); }, -15, 15, 5e-7, 1e-6},
    {"log_sigmoid", FLASHRNN_ON_BATCH(ExactMath, log_sigmoid), FLASHRNN_ON_BATCH(FastMath, log_sigmoid),
     [](double x) { return x < 0 ? x - std::log1p(std::exp(x)) : -std::log1p(std::exp(-x)); }, -40, 15, 6e-7, 5e-6},
};

TEST(Math, ExactIsRelativelyPrecise) {
  for (const Function& f : kFunctions) {
    double worst = 0;
    for (int i = 0; i <= 20000; ++i) {
      const auto x = static_cast<float>(f.low + (f.high - f.low) * i / 20000);
      if (x == 0) continue;
      const double truth = f.truth(x);
      worst = std::max(worst, std::abs(f.exact(x) - truth) / std::abs(truth));
    }
    EXPECT_LT(worst, f.exact_bound) << f.name;
  }
}

TEST(Math, ExactKeepsSmallArguments) {
  for (float x = 1e-30F; x < 1; x *= 3) {
    EXPECT_NEAR(kFunctions[2].exact(x) / std::tanh(static_cast<double>(x)), 1, 5e-7) << x;
    EXPECT_EQ(kFunctions[2].exact(-x), -kFunctions[2].exact(x));
  }
}

TEST(Math, FastIsAbsolutelyPrecise) {
  for (const Function& f : kFunctions) {
    double worst = 0;
    for (int i = 0; i <= 20000; ++i) {
      const auto x = static_cast<float>(f.low + (f.high - f.low) * i / 20000);
      worst = std::max(worst, std::abs(f.fast(x) - f.truth(x)) / std::max(1.0, std::abs(f.truth(x))));
    }
    EXPECT_LT(worst, f.fast_bound) << f.name;
  }
}

TEST(Math, NaNPassesThrough) {
  for (const Function& f : kFunctions) {
    EXPECT_TRUE(std::isnan(f.exact(kNaN))) << f.name;
    EXPECT_TRUE(std::isnan(f.fast(kNaN))) << f.name;
  }
  EXPECT_TRUE(std::isnan(on_batch([](Batch v) { return CommonMath::relu(v); }, kNaN)));
  EXPECT_TRUE(std::isnan(on_batch([](Batch v) { return CommonMath::max(v, Batch(1.0F)); }, kNaN)));
  EXPECT_TRUE(std::isnan(on_batch([](Batch v) { return CommonMath::max(Batch(1.0F), v); }, kNaN)));
  EXPECT_TRUE(std::isnan(CommonMath::max(1.0F, kNaN)) && std::isnan(CommonMath::max(kNaN, 1.0F)));
}

TEST(Math, InfinitiesHaveTheirLimits) {
  const auto exp = kFunctions[0].exact;
  EXPECT_EQ(exp(kInf), kInf);
  EXPECT_EQ(exp(-kInf), 0);
  EXPECT_EQ(exp(89), kInf);
  EXPECT_EQ(exp(-110), 0);
  EXPECT_GT(exp(88.5F), 1e38F);
  for (const auto sigmoid : {kFunctions[1].exact, kFunctions[1].fast}) {
    EXPECT_EQ(sigmoid(kInf), 1);
    EXPECT_NEAR(sigmoid(-kInf), 0, 1e-37);
  }
  for (const auto tanh : {kFunctions[2].exact, kFunctions[2].fast}) {
    EXPECT_EQ(tanh(kInf), 1);
    EXPECT_EQ(tanh(-kInf), -1);
  }
  EXPECT_EQ(kFunctions[3].exact(-kInf), -kInf);
  EXPECT_EQ(kFunctions[3].exact(kInf), 0);
}

TEST(Math, ScalarsAgreeWithBatches) {
  for (float x = -20; x < 20; x += 0.37F) {
    EXPECT_NEAR(ExactMath::sigmoid(x), kFunctions[1].exact(x), 3e-7);
    EXPECT_NEAR(ExactMath::tanh(x), kFunctions[2].exact(x), 3e-7);
    EXPECT_NEAR(ExactMath::tanh(static_cast<double>(x)), std::tanh(static_cast<double>(x)), 1e-14);
    EXPECT_NEAR(ExactMath::log_sigmoid(x), kFunctions[3].exact(x), 3e-6);
  }
}

TEST(Math, LinearIsTheIdentity) {
  EXPECT_EQ(LinearMath::sigmoid(3.5), 3.5);
  EXPECT_EQ(LinearMath::tanh(-3.5), -3.5);
  EXPECT_EQ(LinearMath::sigmoid_grad(17.0), 1.0);
  EXPECT_EQ(LinearMath::relu(-1.0), 0.0);
}

}  // namespace
}  // namespace flashrnn::cell
