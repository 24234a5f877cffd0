// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "common/device/tile_fma.hpp"
#include "hw_db/database.hpp"
#include "tests/gpu/fake_device.hpp"

namespace flashrnn::gpu::testing {
namespace {

TEST(Specs, TextsTellThemApart) {
  std::vector<KernelSpec> specs(1);
  specs[0].cell = "lstm";
  const auto add = [&](const std::function<void(KernelSpec&)>& change) {
    KernelSpec spec = specs[0];
    change(spec);
    specs.push_back(spec);
  };
  add([](KernelSpec& s) { s.kind = KernelKind::kFusedForward; });
  add([](KernelSpec& s) { s.cell = "gru"; });
  add([](KernelSpec& s) { s.element = FLASHRNN_BF16; });
  add([](KernelSpec& s) { s.state_element = FLASHRNN_F16; });
  add([](KernelSpec& s) { s.math = FLASHRNN_MATH_FAST; });
  add([](KernelSpec& s) { s.matrix_tile = MatrixTileName::kMmaSyncTf32; });
  add([](KernelSpec& s) { s.tile.warp_k_tiles = 7; });
  add([](KernelSpec& s) { s.tile.stages = 7; });
  add([](KernelSpec& s) { s.exchange = kernel::Exchange::kGrid; });
  add([](KernelSpec& s) { s.flags = kernel::kReverse; });
  add([](KernelSpec& s) { s.head_dim = 64; });
  std::set<std::string> texts, types;
  for (const KernelSpec& spec : specs) {
    texts.insert(to_string(spec));
    types.insert(type_name(spec, "Device"));
  }
  EXPECT_EQ(texts.size(), specs.size());
  EXPECT_EQ(types.size(), specs.size());
}

TEST(Specs, TheTypeIsCpp) {
  KernelSpec spec;
  spec.kind = KernelKind::kFusedForward;
  spec.cell = "elman_relu";
  spec.element = FLASHRNN_BF16;
  spec.math = FLASHRNN_MATH_FAST;
  spec.matrix_tile = MatrixTileName::kMmaSync16;
  spec.tile = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  spec.exchange = kernel::Exchange::kCluster;
  spec.flags = kernel::kReverse;
  spec.head_dim = 64;
  EXPECT_EQ(
      type_name(spec, "my::Device"),
      "flashrnn::kernel::FusedForward<my::Device, flashrnn::kernel::Config<flashrnn::cell::ElmanRelu, "
      "flashrnn::device::Bf16, float, flashrnn::cell::CoarseMath, "
      "flashrnn::device::MmaSyncM16N8K16<flashrnn::device::Bf16>, "
      "flashrnn::kernel::Tile{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, flashrnn::kernel::Exchange::kCluster, 8u, 64>>");
  const std::vector<std::string_view> headers = headers_of(spec);
  EXPECT_NE(std::find(headers.begin(), headers.end(), "common/cell/elman.hpp"), headers.end());
  EXPECT_NE(std::find(headers.begin(), headers.end(), "common/kernel/fused_forward_kernel.hpp"), headers.end());
}

TEST(Specs, InstructionsAreThoseOfTheTypes) {
  EXPECT_EQ(instruction_of(MatrixTileName::kFma, 32),
            (kernel::instruction_of<device::FmaTile<float, 32, 4, 4, 1, 4>>()));
  EXPECT_EQ(instruction_of(MatrixTileName::kMmaSync16, 32), kernel::Instruction{});
}

/// Every problem on every GPU of the database has kernels, and those of one problem fit each other.
TEST(Specs, EveryDeviceHasKernels) {
  for (const char* cell : {"lstm", "gru", "gru_reset_before", "elman", "slstm"}) {
    for (const flashrnn_dtype dtype : {FLASHRNN_F32, FLASHRNN_BF16, FLASHRNN_F16}) {
      for (const hw::Device& device : hw::Database::shared().devices()) {
        if (device.kind != hw::Kind::kGpu || device.is_family) continue;
        SCOPED_TRACE(std::string(cell) + " " + device.name);
        Problem problem = problem_of(cell);
        problem.dtype = problem.state_dtype = dtype;
        problem.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
        std::vector<PlannedKernel> kernels;
        const Status status = specs_of(problem, device, {}, &kernels);
        ASSERT_TRUE(status.ok()) << status.message();
        std::set<KernelKind> kinds;
        for (const PlannedKernel& k : kernels) {
          kinds.insert(k.spec.kind);
          EXPECT_GT(k.shape.blocks, 0);
          EXPECT_LE(k.shape.threads, 1024);
          EXPECT_LE(k.shape.shared_bytes, device.gpu.shared_bytes_per_block_max.value_or(0)) << to_string(k.spec);
        }
        for (const KernelKind kind : {KernelKind::kPackWeights, KernelKind::kStepwiseForward, KernelKind::kRecompute,
                                      KernelKind::kWeightGradient, KernelKind::kWeightGradientSum}) {
          EXPECT_TRUE(kinds.contains(kind)) << template_of(kind);
        }
      }
    }
  }
}

}  // namespace
}  // namespace flashrnn::gpu::testing
