// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "flashrnn/flashrnn.h"

/// A machine without NVIDIA's driver.
namespace {

const int kEnvironment = setenv("FLASHRNN_CUDA_DRIVER", "/nowhere/libcuda.so.1", 1);

TEST(WithoutDriver, TheCpuIsListedAndCudaSaysWhatIsMissing) {
  ASSERT_EQ(kEnvironment, 0);
  ASSERT_GE(flashrnn_device_count(), 1);
  flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
  for (int i = 0; i < flashrnn_device_count(); ++i) {
    ASSERT_EQ(flashrnn_get_device(i, &info), FLASHRNN_SUCCESS);
    EXPECT_THAT(info.name, testing::Not(testing::StartsWith("cuda")));
  }
  flashrnn_context* context = nullptr;
  for (const char* name : {"cuda", "cuda:0", "cuda:1"}) {
    EXPECT_EQ(flashrnn_context_create(name, nullptr, &context), FLASHRNN_DEVICE_UNAVAILABLE);
    EXPECT_THAT(flashrnn_last_error(), testing::AllOf(testing::HasSubstr(name), testing::HasSubstr("libcuda.so.1"),
                                                      testing::HasSubstr("FLASHRNN_CUDA_DRIVER")));
  }
  ASSERT_EQ(flashrnn_context_create("cpu", nullptr, &context), FLASHRNN_SUCCESS);
  flashrnn_context_destroy(context);
}

}  // namespace
