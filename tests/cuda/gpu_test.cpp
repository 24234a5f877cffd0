// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/cuda/support.hpp"

namespace flashrnn::cuda::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class GpuTest : public FakeDriverTest {
 protected:
  gpu::LaunchShape shape = {64, 256, 1, false, 4096};
  const std::uint64_t parameter = 0x1234;
  void* const stream = reinterpret_cast<void*>(std::uintptr_t{0x77});

  Status load_error(const CudaGpu& gpu) {
    std::shared_ptr<const gpu::Kernel> kernel;
    const Status status = gpu.load(spec_of("lstm"), shape, &kernel);
    EXPECT_EQ(kernel == nullptr, !status.ok());
    return status;
  }
  Status run_all() {
    std::shared_ptr<const CudaGpu> gpu;
    FLASHRNN_RETURN_IF_ERROR(CudaGpu::open(*driver, 0, images(), {}, &gpu));
    std::shared_ptr<const gpu::Kernel> kernel;
    FLASHRNN_RETURN_IF_ERROR(gpu->load(spec_of("lstm"), shape, &kernel));
    FLASHRNN_RETURN_IF_ERROR(gpu->clear(reinterpret_cast<void*>(std::uintptr_t{64}), 64, stream));
    return gpu->launch(*kernel, shape, &parameter, sizeof(parameter), stream);
  }
};

TEST_F(GpuTest, LoadsAndLaunchesWithTheShapeGiven) {
  const auto gpu = open();
  std::shared_ptr<const gpu::Kernel> kernel;
  ASSERT_TRUE(gpu->load(spec_of("lstm"), shape, &kernel).ok());
  EXPECT_EQ(kernel->resources().registers, 128);
  EXPECT_EQ(kernel->resources().spill_bytes, 0);
  EXPECT_EQ(kernel->resources().static_shared, 1024);
  EXPECT_EQ(books.function_attributes[static_cast<int>(CuFunctionAttribute::kMaxDynamicSharedBytes)], 232448 - 1024);
  EXPECT_EQ(books.function_attributes[static_cast<int>(CuFunctionAttribute::kNonPortableClusterSizeAllowed)], 1);
  ASSERT_TRUE(gpu->launch(*kernel, shape, &parameter, sizeof(parameter), stream).ok());
  ASSERT_EQ(books.launches.size(), 1U);
  const fake::Launch& launch = books.launches[0];
  EXPECT_EQ(launch.config.grid_x, 64U);
  EXPECT_EQ(launch.config.grid_y * launch.config.grid_z * launch.config.block_y * launch.config.block_z, 1U);
  EXPECT_EQ(launch.config.block_x, 256U);
  EXPECT_EQ(launch.config.shared_bytes, 4096U);
  EXPECT_EQ(launch.config.stream, stream);
  EXPECT_EQ(launch.config.attribute_count, 0U);
  EXPECT_EQ(launch.parameter, parameter);
  EXPECT_EQ(launch.context, fake::primary());
}

TEST_F(GpuTest, ClustersAndCooperationAreAttributes) {
  const auto gpu = open();
  std::shared_ptr<const gpu::Kernel> kernel;
  shape.cluster = 16;
  ASSERT_TRUE(gpu->load(spec_of("lstm"), shape, &kernel).ok());
  ASSERT_TRUE(gpu->launch(*kernel, shape, &parameter, sizeof(parameter), nullptr).ok());
  shape.cooperative = true;
  ASSERT_TRUE(gpu->launch(*kernel, shape, &parameter, sizeof(parameter), nullptr).ok());
  ASSERT_EQ(books.launches.size(), 2U);
  ASSERT_EQ(books.launches[0].attributes.size(), 1U);
  EXPECT_EQ(books.launches[0].attributes[0].id, CuLaunchAttributeId::kClusterDimension);
  EXPECT_EQ(books.launches[0].attributes[0].value.cluster.x, 16U);
  EXPECT_EQ(books.launches[0].attributes[0].value.cluster.y, 1U);
  EXPECT_EQ(books.launches[0].attributes[0].value.cluster.z, 1U);
  ASSERT_EQ(books.launches[1].attributes.size(), 2U);
  EXPECT_EQ(books.launches[1].attributes[1].id, CuLaunchAttributeId::kCooperative);
  EXPECT_EQ(books.launches[1].attributes[1].value.cooperative, 1);
}

TEST_F(GpuTest, ClearsByWordsWhereItCan) {
  const auto gpu = open();
  const auto at = [](std::uintptr_t address) { return reinterpret_cast<void*>(address); };
  EXPECT_TRUE(gpu->clear(at(64), 32, stream).ok());
  EXPECT_TRUE(gpu->clear(at(64), 33, nullptr).ok());
  EXPECT_TRUE(gpu->clear(at(66), 32, nullptr).ok());
  EXPECT_TRUE(gpu->clear(at(66), 0, nullptr).ok());
  EXPECT_THAT(books.clears, ElementsAre("D32 0x40 8 stream 0x77", "D8 0x40 33 stream 0x0", "D8 0x42 32 stream 0x0"));
}

TEST_F(GpuTest, WhatDoesNotFitIsRefusedInFigures) {
  const auto gpu = open();
  shape.threads = 640;
  EXPECT_THAT(load_error(*gpu).message(), AllOf(HasSubstr("640 threads"), HasSubstr("at most 512")));
  shape = {64, 256, 1, false, 240000};
  EXPECT_THAT(load_error(*gpu).message(), HasSubstr("240000 bytes of shared memory a block > 231424"));
  shape = {std::int64_t{1} << 31, 256, 1, false, 0};
  EXPECT_EQ(load_error(*gpu).code(), FLASHRNN_UNSUPPORTED);
  shape = {133, 256, 1, true, 0};
  EXPECT_THAT(load_error(*gpu).message(), AllOf(HasSubstr("132 blocks"), HasSubstr("133 are needed")));
  shape.blocks = 132;
  EXPECT_TRUE(load_error(*gpu).ok());
  books.active_blocks = 0;
  shape = {1, 256, 1, false, 0};
  EXPECT_THAT(load_error(*gpu).message(), HasSubstr("0 blocks of 256 threads, 128 registers"));
  books.active_clusters = 0;
  shape = {64, 256, 16, false, 0};
  EXPECT_THAT(load_error(*gpu).message(), AllOf(HasSubstr("0 clusters of 16 blocks"), HasSubstr("portable")));
  books.active_clusters = 3;
  EXPECT_TRUE(load_error(*gpu).ok());
  shape.cooperative = true;
  EXPECT_THAT(load_error(*gpu).message(), HasSubstr("4 are needed"));
}

TEST_F(GpuTest, DevicesWithoutClustersRefuseThem) {
  books.attributes[static_cast<int>(CuDeviceAttribute::kClusterLaunch)] = 0;
  const auto gpu = open();
  shape.cluster = 2;
  EXPECT_THAT(load_error(*gpu).message(), AllOf(HasSubstr("'cuda:0'"), HasSubstr("no clusters")));
  EXPECT_EQ(gpu->hardware().gpu.cluster_blocks_max, 0);
}

TEST_F(GpuTest, PlansShareAKernelAndTheLastUnloadsIt) {
  const auto gpu = open();
  std::shared_ptr<const gpu::Kernel> first, second, other;
  ASSERT_TRUE(gpu->load(spec_of("lstm"), shape, &first).ok());
  ASSERT_TRUE(gpu->load(spec_of("lstm"), shape, &second).ok());
  ASSERT_TRUE(gpu->load(spec_of("gru"), shape, &other).ok());
  EXPECT_EQ(first, second);
  EXPECT_EQ(books.modules, 2);
  EXPECT_EQ(images_made, 2);
  first.reset();
  second.reset();
  EXPECT_EQ(books.modules, 1);
  ASSERT_TRUE(gpu->load(spec_of("lstm"), shape, &first).ok());
  EXPECT_EQ(books.modules, 2);
}

TEST_F(GpuTest, KernelsOutliveTheirDevice) {
  std::shared_ptr<const gpu::Kernel> kernel;
  ASSERT_TRUE(open()->load(spec_of("lstm"), shape, &kernel).ok());
  EXPECT_EQ(books.retained, 1);
  kernel.reset();
  EXPECT_EQ(books.retained, 0);
}

TEST_F(GpuTest, ImageOfAPackThatTheDriverRefusesIsCompiled) {
  books.refused_image = "lstm:pack";
  const auto gpu = open();
  std::shared_ptr<const gpu::Kernel> kernel;
  ASSERT_TRUE(gpu->load(spec_of("lstm"), shape, &kernel).ok());
  EXPECT_EQ(books.last_image, "lstm");
  origin = jit::Origin::kDisk;
  books.refused_image = "gru:pack";
  const Status status = gpu->load(spec_of("gru"), shape, &kernel);
  EXPECT_EQ(status.code(), FLASHRNN_UNSUPPORTED);
  EXPECT_THAT(status.message(), HasSubstr("cuModuleLoadData"));
}

TEST_F(GpuTest, TheCallersContextIsLeftAsItWas) {
  const std::vector<std::vector<CuContext>> stacks = {{}, {fake::foreign()}, {fake::foreign(), fake::primary()}};
  for (const std::vector<CuContext>& before : stacks) {
    books.contexts = before;
    ASSERT_TRUE(run_all().ok());
    EXPECT_EQ(books.contexts, before);
  }
  EXPECT_EQ(books.launches.size(), 3U);
}

/// Each call to the driver fails once: a status that names it, nothing leaks, and the context is what it was.
TEST_F(GpuTest, EveryFailureComesBackAndLeaksNothing) {
  origin = jit::Origin::kCompiled;
  for (const int cluster : {1, 4}) {
    shape.cluster = cluster;
    books.calls.clear();
    ASSERT_TRUE(run_all().ok());
    const std::vector<std::string> calls = books.calls;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      for (const CuResult failure : {700, kCuOutOfMemory}) {
        books.contexts = {fake::foreign()};
        books.calls.clear();
        books.fail_after = static_cast<int>(i) + 1;
        books.failure = failure;
        const Status status = run_all();
        books.fail_after = 0;
        EXPECT_THAT(books.contexts, ElementsAre(fake::foreign())) << calls[i];
        EXPECT_EQ(books.retained, 0) << calls[i];
        // What fails while things are put away has nobody to tell.
        if (calls[i] == "cuModuleUnload" || calls[i] == "cuDevicePrimaryCtxRelease") continue;
        if (calls[i] == "cuCtxPushCurrent" && books.launches.size() > 0 && status.ok()) {
          books.modules = 0;  // a module that can't be unloaded goes with its context
          continue;
        }
        EXPECT_EQ(status.code(), failure == 700 ? FLASHRNN_DEVICE_ERROR : FLASHRNN_OUT_OF_MEMORY) << calls[i];
        EXPECT_THAT(status.message(), HasSubstr(calls[i] + ": CUDA_ERROR_"));
        EXPECT_EQ(books.modules, 0) << calls[i];
      }
    }
  }
}

}  // namespace
}  // namespace flashrnn::cuda::test
