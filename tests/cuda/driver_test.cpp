// SPDX-License-Identifier: Apache-2.0
#include "tests/cuda/support.hpp"

namespace flashrnn::cuda::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(DriverFile, MissingLibraryIsNamedWithWhereItWasLookedFor) {
  std::unique_ptr<const Driver> driver;
  const Status status = Driver::open("/nowhere/libcuda.so.1", &driver);
  EXPECT_EQ(status.code(), FLASHRNN_DEVICE_UNAVAILABLE);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("/nowhere/libcuda.so.1"), HasSubstr("FLASHRNN_CUDA_DRIVER"), HasSubstr("driver")));
  EXPECT_EQ(driver, nullptr);
}

TEST(DriverFile, LibraryWithoutTheFunctionsIsRefused) {
  std::unique_ptr<const Driver> driver;
  const Status status = Driver::open("libm.so.6", &driver);
  EXPECT_EQ(status.code(), FLASHRNN_DEVICE_UNAVAILABLE);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("libm.so.6"), HasSubstr("no function cuInit")));
}

class DriverTest : public FakeDriverTest {};

TEST_F(DriverTest, OldDriversAreRefusedWithBothVersions) {
  books.version = 11080;
  std::unique_ptr<const Driver> old;
  const Status status = Driver::open(FLASHRNN_FAKE_DRIVER, &old);
  EXPECT_EQ(status.code(), FLASHRNN_DEVICE_UNAVAILABLE);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("CUDA 11.8"), HasSubstr("12.0 or later")));
}

TEST_F(DriverTest, InitialisationThatFailsSaysWhy) {
  books.fail_after = 1;
  books.failure = kCuNoDevice;
  std::unique_ptr<const Driver> none;
  const Status status = Driver::open(FLASHRNN_FAKE_DRIVER, &none);
  EXPECT_EQ(status.code(), FLASHRNN_DEVICE_UNAVAILABLE);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("cuInit"), HasSubstr("100"), HasSubstr("some words")));
}

TEST_F(DriverTest, ErrorsBecomeStatuses) {
  EXPECT_TRUE(driver->check(kCuSuccess, "cuX").ok());
  const Status fault = driver->check(700, "cuX");
  EXPECT_EQ(fault.code(), FLASHRNN_DEVICE_ERROR);
  EXPECT_EQ(fault.message(), "cuX: CUDA_ERROR_ILLEGAL_ADDRESS 700 (an illegal memory access was encountered)");
  EXPECT_EQ(driver->check(kCuOutOfMemory, "cuX").code(), FLASHRNN_OUT_OF_MEMORY);
  for (const CuResult result : {kCuNoDevice, kCuInvalidDevice, kCuDeviceUnavailable}) {
    EXPECT_EQ(driver->check(result, "cuX").code(), FLASHRNN_DEVICE_UNAVAILABLE);
  }
  for (const CuResult result : {kCuNoBinaryForGpu, kCuCooperativeLaunchTooLarge, kCuNotSupported}) {
    EXPECT_EQ(driver->check(result, "cuX").code(), FLASHRNN_UNSUPPORTED);
  }
  EXPECT_THAT(driver->check(12345, "cuX").message(), HasSubstr("error 12345 (which the driver has no words for)"));
}

TEST_F(DriverTest, DevicesAreReadAndLaidOverTheDatabase) {
  using A = CuDeviceAttribute;
  books.attributes[static_cast<int>(A::kMultiprocessorCount)] = 114;
  const auto gpu = open();
  ASSERT_NE(gpu, nullptr);
  EXPECT_EQ(gpu->name(), "cuda:0");
  EXPECT_EQ(gpu->hardware().name, "nvidia/h200");
  EXPECT_EQ(gpu->hardware().isa, "sm_90a");
  EXPECT_EQ(gpu->hardware().gpu.compute_units, 114);
  EXPECT_EQ(gpu->hardware().gpu.cluster_blocks_max_nonportable, 16);
  EXPECT_THAT(log, testing::Contains(AllOf(HasSubstr("compute_units is 114"), HasSubstr("132"))));
  EXPECT_EQ(books.contexts.size(), 0U);
}

TEST_F(DriverTest, TheH200ItselfHasNothingToLog) {
  ASSERT_NE(open(), nullptr);
  EXPECT_THAT(log, testing::IsEmpty());
}

TEST_F(DriverTest, AbsentAndOldDevicesAreRefused) {
  std::shared_ptr<const CudaGpu> gpu;
  const Status absent = CudaGpu::open(*driver, 3, images(), {}, &gpu);
  EXPECT_EQ(absent.code(), FLASHRNN_DEVICE_UNAVAILABLE);
  EXPECT_THAT(absent.message(), AllOf(HasSubstr("'cuda:3'"), HasSubstr("the 1 ")));
  books.attributes[static_cast<int>(CuDeviceAttribute::kComputeCapabilityMajor)] = 7;
  books.attributes[static_cast<int>(CuDeviceAttribute::kComputeCapabilityMinor)] = 5;
  const Status old = CudaGpu::open(*driver, 0, images(), {}, &gpu);
  EXPECT_EQ(old.code(), FLASHRNN_UNSUPPORTED);
  EXPECT_THAT(old.message(), AllOf(HasSubstr("7.5"), HasSubstr("8.0")));
  EXPECT_EQ(gpu, nullptr);
}

}  // namespace
}  // namespace flashrnn::cuda::test
