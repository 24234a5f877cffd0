// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backend_cuda/nvrtc.hpp"
#include "tests/cuda/machine.hpp"

/// Every function of the device for every architecture. Needs NVRTC and no GPU.
namespace flashrnn::cuda::test {
namespace {

class DeviceCompiles : public testing::TestWithParam<const char*> {};

TEST_P(DeviceCompiles, EveryFunctionWithoutSpillsOrWarnings) {
  std::shared_ptr<const Nvrtc> nvrtc;
  if (const Status missing = Nvrtc::find(0, &nvrtc); !missing.ok()) GTEST_SKIP() << missing.message();
  const std::string isa = GetParam();
  const std::string plain = isa.back() == 'a' ? isa.substr(0, isa.size() - 1) : isa;
  if (std::find(nvrtc->isas().begin(), nvrtc->isas().end(), plain) == nvrtc->isas().end()) {
    GTEST_SKIP() << nvrtc->version() << " does not know " << isa;
  }
  for (const char* name : {"every_function", "math", "warp", "cluster", "grid"}) {
    jit::Image image;
    Nvrtc::Report report;
    const Status status = nvrtc->compile(program_of(name), isa, &image, &report);
    ASSERT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(report.log, "") << name;
    EXPECT_EQ(image.resources.spill_bytes, 0) << name;
    EXPECT_LE(image.resources.registers, 64) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, DeviceCompiles,
                         testing::Values("sm_80", "sm_86", "sm_89", "sm_90a", "sm_100a", "sm_120"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace flashrnn::cuda::test
