// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include "backend_cpu/simd/isa_tables.hpp"

namespace flashrnn::cpu {

/// A test of the kernels of the instruction set that is its parameter, skipped where the processor lacks it.
class IsaTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    kernels_ = isa_kernels(static_cast<Isa>(GetParam()));
    if (kernels_ == nullptr || !isa_usable(static_cast<Isa>(GetParam()))) GTEST_SKIP() << "not on this processor";
  }
  const IsaKernels* kernels_ = nullptr;
};

}  // namespace flashrnn::cpu
