// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "backend_cuda/driver.hpp"
#include "backend_cuda/gpu.hpp"
#include "tests/cuda/fake_driver.hpp"

namespace flashrnn::cuda::test {

/// A driver made of the fake library, with fresh books.
class FakeDriverTest : public testing::Test {
 protected:
  FakeDriverTest();
  ~FakeDriverTest() override;

  /// Images whose bytes are the spec's cell, then ":pack" where packs are allowed.
  [[nodiscard]] ImageSource images();
  [[nodiscard]] std::shared_ptr<const CudaGpu> open();

  fake::Books& books;
  std::unique_ptr<const Driver> driver;
  int images_made = 0;
  jit::Origin origin = jit::Origin::kPack;
  std::vector<std::string> log;
};

/// A spec like no other of another name.
gpu::KernelSpec spec_of(const std::string& cell);

}  // namespace flashrnn::cuda::test
