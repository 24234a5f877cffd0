// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "common/runtime/cell_registry.hpp"
#include "tests/gpu/fake_device.hpp"

/// Byte counts of the caller's buffers, counted by hand for B 5, T 3, N 2, D 24 (padded to 32), M 15.
namespace flashrnn::gpu::testing {
namespace {

constexpr std::size_t kCells = 5 * 2 * 32;
constexpr std::size_t kTokenCells = 15 * 2 * 32;
constexpr std::size_t kPacked = 2 * 4 * 2 * 32 * 32 * 2 + 4 * 2 * 32 * 4;

flashrnn_sizes sizes_of(const Problem& problem) {
  Made made;
  const Status status = made.make(problem, stepwise());
  EXPECT_TRUE(status.ok()) << status.message();
  return made.plan ? made.plan->sizes() : flashrnn_sizes{};
}

TEST(Sizes, Stepwise) {
  const flashrnn_sizes s = sizes_of(lstm_problem());
  EXPECT_EQ(s.packed_weights, kPacked);
  EXPECT_EQ(s.forward_workspace, kPacked + 2 * kCells * 2 + 2 * kCells * 4);
  EXPECT_EQ(s.step_workspace, s.forward_workspace);
  // Beside h: i, f, z, o and what else lstm saves; then c in fp32.
  const auto saved = static_cast<std::size_t>(cell_source("lstm")->saved);
  EXPECT_EQ(s.reserve, kTokenCells * (1 + saved) * 2 + kTokenCells * 4);
  EXPECT_GE(s.backward_workspace, kPacked + 4 * kTokenCells * 2 + 2 * kCells * 4);
}

TEST(Sizes, WithoutTraining) {
  Problem problem = lstm_problem();
  problem.training = false;
  const flashrnn_sizes s = sizes_of(problem);
  EXPECT_EQ(s.reserve, 0U);
  EXPECT_EQ(s.backward_workspace, 0U);
  EXPECT_EQ(s.packed_weights, 4 * 2 * 32 * 32 * 2 + 4 * 2 * 32 * 4U);
}

TEST(Sizes, Recompute) {
  Problem problem = lstm_problem();
  const flashrnn_sizes gates = sizes_of(problem);
  problem.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  const flashrnn_sizes s = sizes_of(problem);
  EXPECT_EQ(s.reserve, kTokenCells * 2 + kTokenCells * 4);
  EXPECT_EQ(s.backward_workspace - gates.backward_workspace, gates.reserve - kTokenCells * 4);
}

TEST(Sizes, WhatNoMemoryHoldsIsRefused) {
  Problem problem = lstm_problem();
  problem.head_dim = std::int64_t{1} << 26;
  problem.heads = std::int64_t{1} << 24;
  Made made;
  const Status status = made.make(problem, stepwise());
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(made.device->loaded.empty()) << "a kernel is not compiled for it";
}

TEST(Sizes, CellsThatWereNotBuiltForGpus) {
  CellRegistration cell = *lstm_problem().cell;
  cell.gpu_source = nullptr;
  Problem problem = lstm_problem();
  problem.cell = &cell;
  Made made;
  const Status status = made.make(problem);
  EXPECT_EQ(status.code(), FLASHRNN_UNSUPPORTED);
  EXPECT_NE(status.message().find("lstm"), std::string::npos);
}

}  // namespace
}  // namespace flashrnn::gpu::testing
