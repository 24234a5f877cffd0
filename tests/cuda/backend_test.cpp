// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "flashrnn/flashrnn.h"
#include "tests/cuda/support.hpp"

/// Through the C API, on the fake driver and without a compiler.
namespace flashrnn::cuda::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Before anything of the library asks.
const int kEnvironment = setenv("FLASHRNN_CUDA_DRIVER", FLASHRNN_FAKE_DRIVER, 1) +
                         setenv("FLASHRNN_NVRTC", "/nowhere/libnvrtc.so.13", 1) + setenv("FLASHRNN_CACHE_DIR", "", 1) +
                         setenv("FLASHRNN_PACK_PATH", "", 1);

class BackendTest : public FakeDriverTest {};

TEST_F(BackendTest, DevicesAreListedBehindTheCpu) {
  ASSERT_EQ(kEnvironment, 0);
  ASSERT_GE(flashrnn_device_count(), 2);
  flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
  ASSERT_EQ(flashrnn_get_device(1, &info), FLASHRNN_SUCCESS);
  EXPECT_STREQ(info.name, "cuda:0");
  EXPECT_STREQ(info.description, "NVIDIA H200");
  EXPECT_STREQ(info.isa, "sm_90a");
  EXPECT_EQ(info.compute_units, 132);
  EXPECT_EQ(info.l2_bytes, 62914560);
}

TEST_F(BackendTest, NamesAndOptionsAreChecked) {
  flashrnn_context* context = nullptr;
  EXPECT_EQ(flashrnn_context_create("cuda:7", nullptr, &context), FLASHRNN_DEVICE_UNAVAILABLE);
  EXPECT_THAT(flashrnn_last_error(), HasSubstr("'cuda:7' is none of the 1"));
  flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  options.cpu_isa = "avx2";
  EXPECT_EQ(flashrnn_context_create("cuda:0", &options, &context), FLASHRNN_INVALID_ARGUMENT);
  EXPECT_THAT(flashrnn_last_error(), HasSubstr("cpu_isa"));
  for (const char* name : {"cuda", "cuda:0"}) {
    ASSERT_EQ(flashrnn_context_create(name, nullptr, &context), FLASHRNN_SUCCESS) << flashrnn_last_error();
    EXPECT_EQ(books.retained, 1);
    flashrnn_context_destroy(context);
    EXPECT_EQ(books.retained, 0);
  }
}

TEST_F(BackendTest, WithoutACompilerAPlanSaysWhatIsMissing) {
  flashrnn_context* context = nullptr;
  ASSERT_EQ(flashrnn_context_create("cuda:0", nullptr, &context), FLASHRNN_SUCCESS);
  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  problem.cell = "lstm";
  problem.batch = problem.time = problem.heads = 2;
  problem.head_dim = 32;
  flashrnn_plan* plan = nullptr;
  EXPECT_EQ(flashrnn_plan_create(context, &problem, &plan), FLASHRNN_UNSUPPORTED);
  EXPECT_THAT(flashrnn_last_error(), AllOf(HasSubstr("/nowhere/libnvrtc.so.13"), HasSubstr("pack")));
  EXPECT_EQ(plan, nullptr);
  flashrnn_context_destroy(context);
}

}  // namespace
}  // namespace flashrnn::cuda::test
