// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "common/device/half.hpp"
#include "tests/cuda/machine.hpp"

/// The GPU's functions against the C library in double, over dense ranges.
namespace flashrnn::cuda::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int kPoints = 1 << 19;

struct Parameters {
  CuDevicePointer x, y;
  int count, which;
};

class DeviceMath : public OnGpu {
 protected:
  std::vector<float> apply(int which, const std::vector<float>& x) {
    const gpu::LaunchShape shape = {264, 256, 1, false, 0};
    const auto kernel = load("math", shape);
    const CuDevicePointer in = upload(x);
    const CuDevicePointer out = allocate(x.size() * sizeof(float));
    const Parameters parameters = {in, out, static_cast<int>(x.size()), which};
    EXPECT_TRUE(gpu->launch(*kernel, shape, &parameters, sizeof(parameters), nullptr).ok());
    return download<float>(out, x.size());
  }
  std::vector<float> range(double low, double high) {
    std::vector<float> x;
    for (int i = 0; i <= kPoints; ++i) x.push_back(static_cast<float>(low + (high - low) * i / kPoints));
    for (double small = 1e-30; small < 1; small *= 1.1) {
      if (small > low && small < high) x.push_back(static_cast<float>(small));
      if (-small > low && -small < high) x.push_back(static_cast<float>(-small));
    }
    return x;
  }
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double log_sigmoid(double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); }

struct Function {
  const char* name;
  int which;
  double (*truth)(double);
  double low, high;
  double relative, absolute;  ///< the error allowed: the larger of the two
};

const Function kFunctions[] = {
    {"exact exp", 0, [](double x) { return std::exp(x); }, -87, 88.7, 4e-7, 0},
    {"exact sigmoid", 1, sigmoid, -86, 86, 4e-7, 0},
    {"exact tanh", 2, [](double x) { return std::tanh(x); }, -12, 12, 5e-7, 0},
    {"exact log_sigmoid", 3, log_sigmoid, -80, 80, 6e-7, 0},
    {"fast exp", 4, [](double x) { return std::exp(x); }, -16, 16, 1.5e-6, 0},
    {"fast sigmoid", 5, sigmoid, -80, 80, 2e-6, 4e-7},
    {"fast tanh", 6, [](double x) { return std::tanh(x); }, -12, 12, 0, 4e-7},
    {"fast log_sigmoid", 7, log_sigmoid, -80, 80, 2e-6, 4e-7},
    {"coarse sigmoid", 8, sigmoid, -80, 80, 0, 3e-4},
    {"coarse tanh", 9, [](double x) { return std::tanh(x); }, -12, 12, 6e-4, 0},
    {"exp2", 10, [](double x) { return std::exp2(x); }, -125, 127, 4e-7, 0},
    {"log2", 11, [](double x) { return std::log2(x); }, 1e-6, 16, 4e-7, 4e-7},
    {"reciprocal", 12, [](double x) { return 1 / x; }, -1000, 1000, 2e-7, 0},
    {"tanh", 13, [](double x) { return std::tanh(x); }, -12, 12, 6e-4, 0},
};

TEST_F(DeviceMath, IsAsPreciseAsItSays) {
  for (const Function& f : kFunctions) {
    std::vector<float> x = range(f.low, f.high);
    std::erase(x, 0.0F);
    const std::vector<float> y = apply(f.which, x);
    double worst = 0;
    float where = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double truth = f.truth(static_cast<double>(x[i]));
      const double allowed = std::max(f.relative * std::abs(truth), f.absolute);
      const double share = std::abs(static_cast<double>(y[i]) - truth) / allowed;
      if (!(share <= worst)) worst = share, where = x[i];
    }
    EXPECT_LE(worst, 1) << f.name << " at " << where;
    RecordProperty(f.name, std::to_string(worst));
    std::printf("%-20s %.2f of the error allowed, at %g\n", f.name, worst, static_cast<double>(where));
  }
}

TEST_F(DeviceMath, InfinitiesAndNanPass) {
  const std::vector<float> x = {kInf, -kInf, kNaN, 0.0F, 1000.0F, -1000.0F};
  for (int which = 0; which <= 9; ++which) {
    const std::vector<float> y = apply(which, x);
    EXPECT_TRUE(std::isnan(y[2])) << kFunctions[which].name;
    const bool is_exp = which % 4 == 0 && which < 8;
    const bool is_log = which == 3 || which == 7;
    EXPECT_EQ(y[0], is_exp ? kInf : is_log ? 0.0F : 1.0F) << kFunctions[which].name;
    EXPECT_EQ(y[4], y[0]) << kFunctions[which].name;
    if (is_log) {
      EXPECT_EQ(y[1], -kInf);
      EXPECT_EQ(y[5], -1000.0F);
    } else {
      const bool is_tanh = which == 2 || which == 6 || which == 9;
      EXPECT_NEAR(y[1], is_tanh ? -1.0F : 0.0F, 1e-36) << kFunctions[which].name;
      EXPECT_NEAR(y[5], y[1], 1e-36) << kFunctions[which].name;
    }
  }
  for (const int which : {14, 15, 16}) {
    const std::vector<float> y = apply(which, x);
    EXPECT_TRUE(std::isnan(y[2]));
    EXPECT_EQ(y[0], kInf);
    EXPECT_EQ(y[1], which == 14 ? 0.0F : 1.0F);
  }
}

template <class T>
float rounded(float x) {
  return device::to_float(device::from_float<T>(x));
}

/// The instructions round as half.hpp does, to the bit.
TEST_F(DeviceMath, ConversionsAreThoseOfTheHost) {
  std::vector<float> x;
  std::uint32_t bits = 1;
  for (int i = 0; i < kPoints; ++i) x.push_back(std::bit_cast<float>(bits = bits * 1664525U + 1013904223U));
  for (std::uint32_t half = 0; half < 0x10000; ++half) {
    // Ties and their neighbours, of bf16 and of fp16.
    for (const std::uint32_t low : {0x7fffU, 0x8000U, 0x8001U}) x.push_back(std::bit_cast<float>(half << 16 | low));
    const float fp16 = device::to_float(device::Fp16{static_cast<std::uint16_t>(half)});
    for (const std::uint32_t low : {0xfffU, 0x1000U, 0x1001U}) {
      x.push_back(std::bit_cast<float>(std::bit_cast<std::uint32_t>(fp16) | low));
    }
  }
  float (*const hosts[])(float) = {rounded<device::Bf16>, rounded<device::Fp16>, rounded<device::Tf32>,
                                   rounded<device::Bf16>, rounded<device::Bf16>, rounded<device::Fp16>,
                                   rounded<device::Fp16>};
  for (int k = 0; k < 7; ++k) {
    const std::vector<float> y = apply(17 + k, x);
    int wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float expected = hosts[k](x[i]);
      const bool same = std::isnan(expected)
                            ? std::isnan(y[i])
                            : std::bit_cast<std::uint32_t>(expected) == std::bit_cast<std::uint32_t>(y[i]);
      if (!same && ++wrong < 5) ADD_FAILURE() << k << ": " << x[i] << " gives " << y[i] << ", not " << expected;
    }
    EXPECT_EQ(wrong, 0) << k;
  }
}

}  // namespace
}  // namespace flashrnn::cuda::test
