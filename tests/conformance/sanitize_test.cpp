// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "verify/verify.hpp"

/// A part of the conformance cases that is quick enough for sanitized builds.
namespace flashrnn::verify {
namespace {

class Subset : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(flashrnn_context_create("cpu", nullptr, &context_), FLASHRNN_SUCCESS) << flashrnn_last_error();
  }
  void TearDown() override { flashrnn_context_destroy(context_); }

  void expect_ok(const Case& test) {
    LibraryApi api(context_, "cpu");
    const CaseResult result = run_case(api, test);
    EXPECT_TRUE(result.ok) << result.name << ": " << result.message;
  }

  flashrnn_context* context_ = nullptr;
};

TEST_F(Subset, Table) {
  std::uint64_t index = 0;
  for (const Case& test : conformance_table()) {
    if (index++ % 7 == 0) expect_ok(test);
  }
}

TEST_F(Subset, Sweep) {
  for (std::uint64_t index = 0; index < 150; ++index) expect_ok(sweep_case(17, index));
}

}  // namespace
}  // namespace flashrnn::verify
