// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "common/plan/planner.hpp"

/// The cost model against the library's own kernels, measured on an H200 with the tiles given here: LSTM, bf16, T=1024.
namespace flashrnn::plan {
namespace {

constexpr double kSteps = 1024;

/// A walk alone: what follows backward's is not in it. `below` and `above`: the model may say so much less and more.
struct Measured {
  std::int64_t heads, head_dim, batch;
  Pass pass;
  Form form;
  std::vector<Choice> choices;
  double ms;
  double below = 0.30;
  double above = 0.30;
};

void expect_close(const Measured& m) {
  Shape shape;
  shape.cell = builtin_cell("lstm");
  shape.heads = m.heads;
  shape.head_dim = m.head_dim;
  shape.batch = m.batch;
  shape.steps = static_cast<std::int64_t>(kSteps);
  shape.pass = m.pass;
  shape.training = m.pass == Pass::kBackward;
  const hw::Device* device = hw::Database::shared().find("nvidia/h200");
  ASSERT_NE(device, nullptr);
  GpuOptions options;
  options.form = m.form;
  options.choices = m.choices;
  const Report report = explain_gpu(shape, *device, options);
  const std::string what = to_string(shape) + " " + std::string(to_string(m.form));
  ASSERT_TRUE(report.chosen.refusal.empty()) << what << ": " << report.chosen.refusal;
  const double modelled = report.chosen.us_per_step * kSteps * 1e-3;
  std::printf("  %-86s modelled %7.3f measured %7.3f  %+4.0f %%\n", what.c_str(), modelled, m.ms,
              100 * (modelled / m.ms - 1));
  EXPECT_GT(modelled, (1 - m.below) * m.ms) << what;
  EXPECT_LT(modelled, (1 + m.above) * m.ms) << what;
}

TEST(Kernels, ForwardInABlock) {
  expect_close({48, 16, 16, Pass::kForward, Form::kBlock, {{"k_warps", 1}}, 0.318});
  expect_close({24, 32, 16, Pass::kForward, Form::kBlock, {{"k_warps", 1}}, 0.333});
  expect_close({12, 64, 16, Pass::kForward, Form::kBlock, {{"unit_warps", 8}, {"k_warps", 1}}, 0.404});
}

TEST(Kernels, ForwardInACluster) {
  // Long sums, h of many blocks: here the prototypes are 1.3 to 1.8 times as fast.
  constexpr double kToTheBest = 0.45;
  expect_close({6, 128, 16, Pass::kForward, Form::kCluster, {{"group_blocks", 8}, {"k_warps", 2}}, 0.538});
  expect_close({1, 256, 16, Pass::kForward, Form::kCluster, {{"group_blocks", 16}, {"k_warps", 2}}, 0.830});
  expect_close({3, 256, 16, Pass::kForward, Form::kCluster, {{"group_blocks", 16}, {"k_warps", 2}}, 0.839});
  expect_close(
      {1, 512, 16, Pass::kForward, Form::kCluster, {{"group_blocks", 16}, {"unit_warps", 4}}, 1.611, kToTheBest});
  expect_close({1, 768, 16, Pass::kForward, Form::kCluster, {{"k_warps", 2}, {"register_k", 9}, {"stages", 2}}, 2.711});
}

TEST(Kernels, ForwardInManyClusters) {
  const Choice by_two{"k_warps", 2};
  expect_close({1, 768, 256, Pass::kForward, Form::kCluster, {{"row_tiles", 1}, by_two, {"register_k", 9}}, 13.48});
  expect_close({1, 768, 256, Pass::kForward, Form::kCluster, {{"row_tiles", 2}, by_two}, 21.509});
  expect_close({1, 768, 256, Pass::kForward, Form::kCluster, {{"row_tiles", 4}, {"k_warps", 1}}, 17.907});
}

TEST(Kernels, ForwardOverTheGrid) {
  expect_close({1, 768, 64, Pass::kForward, Form::kGrid, {{"group_blocks", 16}, {"k_warps", 1}, {"stages", 4}}, 3.635});
  expect_close({1, 768, 256, Pass::kForward, Form::kGrid, {{"group_blocks", 16}, {"row_tiles", 4}}, 12.081});
  expect_close({1, 1024, 16, Pass::kForward, Form::kGrid, {{"group_blocks", 64}, {"k_warps", 4}}, 4.020});
  // Measured with two more k tiles in registers, of which some were spilled.
  expect_close({1, 2048, 16, Pass::kForward, Form::kGrid, {{"group_blocks", 128}, {"k_warps", 4}}, 7.978});
}

TEST(Kernels, BackwardInABlock) {
  expect_close({48, 16, 16, Pass::kBackward, Form::kBlock, {{"k_warps", 2}}, 0.195});
  expect_close({24, 32, 16, Pass::kBackward, Form::kBlock, {{"k_warps", 2}}, 0.238});
  expect_close({12, 64, 16, Pass::kBackward, Form::kBlock, {{"unit_warps", 4}, {"k_warps", 1}}, 0.421});
}

TEST(Kernels, BackwardInACluster) {
  const Choice warps{"unit_warps", 8};
  expect_close({6, 128, 16, Pass::kBackward, Form::kCluster, {{"group_blocks", 4}, warps}, 0.524});
  expect_close({6, 128, 16, Pass::kBackward, Form::kCluster, {{"group_blocks", 8}, warps}, 0.521});
  expect_close({6, 128, 16, Pass::kBackward, Form::kCluster, {{"group_blocks", 8}, {"unit_warps", 4}}, 0.535});
  expect_close({3, 256, 16, Pass::kBackward, Form::kCluster, {{"group_blocks", 8}, warps}, 0.720});
  expect_close({3, 256, 16, Pass::kBackward, Form::kCluster, {{"group_blocks", 16}, warps}, 0.865});
  expect_close({1, 512, 16, Pass::kBackward, Form::kCluster, {{"group_blocks", 16}, warps}, 1.381});
  expect_close({1, 768, 16, Pass::kBackward, Form::kCluster, {warps, {"register_k", 6}, {"stages", 3}}, 2.135});
  // One of twelve k tiles comes from the second-level cache.
  expect_close({1, 768, 16, Pass::kBackward, Form::kCluster, {warps, {"register_k", 5}, {"stages", 4}}, 3.203});
}

TEST(Kernels, BackwardOverTheGrid) {
  // Of whole calls, less forward and the products behind the walk.
  expect_close({1, 768, 64, Pass::kBackward, Form::kGrid, {{"group_blocks", 16}, {"row_tiles", 1}}, 4.7});
  expect_close({1, 1024, 16, Pass::kBackward, Form::kGrid, {{"group_blocks", 64}, {"unit_warps", 8}}, 4.9});
  expect_close({1, 2048, 16, Pass::kBackward, Form::kGrid, {{"group_blocks", 128}, {"unit_warps", 8}}, 13.2});
}

TEST(Kernels, Stepwise) {
  const Choice rows{"row_tiles", 8};
  // Sixteen cells a thread, and four.
  expect_close({1, 768, 256, Pass::kForward, Form::kStepwise, {rows, {"unit_warps", 4}, {"k_warps", 1}}, 32.634});
  expect_close({1, 768, 256, Pass::kForward, Form::kStepwise, {rows, {"unit_warps", 2}, {"k_warps", 4}}, 27.833});
}

}  // namespace
}  // namespace flashrnn::plan
