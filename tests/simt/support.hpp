// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "backend_cpu/simt/launch.hpp"
#include "backend_cpu/simt/simt_device.hpp"

namespace flashrnn::simt::test {

using device::Bf16;
using device::Fp16;
using device::Tf32;
using device::Uint32;
using device::Uint64;
using device::Vec;

template <class Ref>
using DeviceOf = std::remove_cvref_t<Ref>;

/// A configuration with room for any shared struct of these tests.
inline LaunchConfig config_of(int blocks, int threads) {
  LaunchConfig config;
  config.kernel = "probe";
  config.blocks = blocks;
  config.threads = threads;
  config.shared_bytes = 32768;
  return config;
}

inline LaunchConfig cluster_of(int blocks, int threads) {
  LaunchConfig config = config_of(blocks, threads);
  config.cluster = blocks;
  return config;
}

inline LaunchConfig grid_of(int blocks, int threads) {
  LaunchConfig config = config_of(blocks, threads);
  config.cooperative = true;
  return config;
}

inline constexpr int kSeeds = 25;

/// The kernel is refused with a sentence that holds every part, whatever the order of lanes.
template <class D, class Kernel>
void expect_fault(LaunchConfig config, Memory& memory, const Kernel& kernel, const std::vector<std::string>& parts) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    config.seed = static_cast<std::uint64_t>(seed);
    const Status status = launch<D>(config, memory, kernel);
    ASSERT_EQ(status.code(), FLASHRNN_DEVICE_ERROR) << "seed " << seed << ": " << status.message();
    ASSERT_THAT(status.message(), testing::HasSubstr("kernel 'probe'"));
    for (const std::string& part : parts) ASSERT_THAT(status.message(), testing::HasSubstr(part)) << "seed " << seed;
  }
}

template <class D, class Kernel>
void expect_fault(const LaunchConfig& config, const Kernel& kernel, const std::vector<std::string>& parts) {
  Memory memory;
  expect_fault<D>(config, memory, kernel, parts);
}

template <class D, class Kernel>
void expect_runs(LaunchConfig config, Memory& memory, const Kernel& kernel, std::uint64_t seed) {
  config.seed = seed;
  const Status status = launch<D>(config, memory, kernel);
  ASSERT_TRUE(status.ok()) << "seed " << seed << ": " << status.message();
}

/// Shared memory of most of the kernels here.
template <class D>
struct Scratch {
  device::SharedArray<D, float, 256> a;
  device::SharedArray<D, float, 256> b;
  device::SharedArray<D, typename D::Mbarrier, 4> bar;
};

/// Tests that run with 32 and with 64 lanes a warp.
template <class D>
class OnBoth : public testing::Test {};
using BothWidths = testing::Types<Simt32, Simt64>;

}  // namespace flashrnn::simt::test
