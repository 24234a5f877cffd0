// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "common/gpu/kernel_spec.hpp"
#include "tests/hip/compiler.hpp"

/// Every kernel for chips of AMD's that differ: CDNA 2 by hipRTC, CDNA 3 (waves of 64) and RDNA 3 (of 32) by clang.
/// Needs no GPU.
namespace flashrnn::hip::test {
namespace {

using gpu::KernelKind;
using gpu::KernelSpec;
using gpu::MatrixTileName;
using kernel::Exchange;
using kernel::Tile;

constexpr const char* kDevice = "flashrnn::hip::Gpu";
constexpr const char* kHeader = "backend_hip/device/hip_device.hpp";
constexpr std::int64_t kLittleScratch = 64;    // of a lane: a small array that is indexed with what is known late
constexpr std::int64_t kLdsBytes = 64 * 1024;  // of a block, on all of these chips

constexpr Tile kStep = {
    .block_unit_tiles = 2, .unit_warps = 2, .k_warps = 2, .warp_unit_tiles = 1, .warp_k_tiles = 4, .stages = 2};
constexpr Tile kForwardBlock = {
    .block_unit_tiles = 2, .unit_warps = 2, .warp_k_tiles = 4, .register_k = 1, .shared_k = 3, .stages = 2};
constexpr Tile kForwardFma = {.warp_k_tiles = 4, .register_k = 2, .shared_k = 2, .stages = 2};
constexpr Tile kForwardGrid = {.group_blocks = 2, .warp_k_tiles = 2, .register_k = 2, .stages = 2};
constexpr Tile kBackwardBlock = {.unit_warps = 1, .warp_k_tiles = 4, .register_k = 2, .shared_k = 2, .stages = 2};
constexpr Tile kBackwardGrid = {
    .group_blocks = 2, .unit_warps = 2, .warp_k_tiles = 16, .register_k = 4, .shared_k = 12, .stages = 2};
constexpr Tile kGradient = {
    .row_tiles = 4, .block_heads = 2, .unit_warps = 2, .warp_unit_tiles = 4, .warp_k_tiles = 4, .stages = 2};
constexpr std::uint32_t kTrain = kernel::kTraining | kernel::kSequenceH;

/// Plain fma, or the matrix instruction of the chip.
enum class Products { kFma, kMatrix };

struct Listed {
  const char* name;
  KernelKind kind;
  Tile tile;
  Products products = Products::kFma;
  Exchange exchange = Exchange::kBlock;
  std::uint32_t flags = kernel::kRuntimeFlags;
  const char* cell = "lstm";
  flashrnn_dtype element = FLASHRNN_BF16;
};
constexpr Listed kList[] = {
    {.name = "pack_weights", .kind = KernelKind::kPackWeights, .tile = kStep},
    {.name = "stepwise_forward", .kind = KernelKind::kStepwiseForward, .tile = kStep},
    {.name = "stepwise_forward_fp32",
     .kind = KernelKind::kStepwiseForward,
     .tile = kStep,
     .cell = "gru_reset_before",
     .element = FLASHRNN_F32},
    {.name = "stepwise_backward", .kind = KernelKind::kStepwiseBackward, .tile = kStep},
    {.name = "recompute", .kind = KernelKind::kRecompute, .tile = kStep},
    {.name = "weight_gradient", .kind = KernelKind::kWeightGradient, .tile = kGradient},
    {.name = "weight_gradient_sum", .kind = KernelKind::kWeightGradientSum, .tile = kGradient},
    {.name = "fused_forward_block",
     .kind = KernelKind::kFusedForward,
     .tile = kForwardBlock,
     .products = Products::kMatrix,
     .flags = kTrain,
     .cell = "gru"},
    {.name = "fused_forward_fma",
     .kind = KernelKind::kFusedForward,
     .tile = kForwardFma,
     .flags = kTrain,
     .cell = "elman"},
    {.name = "fused_forward_grid",
     .kind = KernelKind::kFusedForward,
     .tile = kForwardGrid,
     .products = Products::kMatrix,
     .exchange = Exchange::kGrid,
     .flags = kTrain,
     .cell = "slstm",
     .element = FLASHRNN_F16},
    {.name = "fused_backward_block",
     .kind = KernelKind::kFusedBackward,
     .tile = kBackwardBlock,
     .products = Products::kMatrix,
     .flags = kTrain},
    {.name = "fused_backward_grid",
     .kind = KernelKind::kFusedBackward,
     .tile = kBackwardGrid,
     .exchange = Exchange::kGrid,
     .flags = kTrain},
};

Job job_of(const Listed& listed, int wave_size) {
  KernelSpec spec;
  spec.kind = listed.kind;
  spec.cell = listed.cell;
  spec.element = listed.element;
  if (listed.products == Products::kMatrix) {
    spec.matrix_tile = wave_size == 64 ? MatrixTileName::kMfma16 : MatrixTileName::kWmma16;
  }
  spec.tile = listed.tile;
  spec.exchange = listed.exchange;
  spec.flags = listed.flags;
  Job job{listed.name, std::string("#include \"") + kHeader + "\"\n"};
  for (const std::string_view header : gpu::headers_of(spec)) job.text += "#include \"" + std::string(header) + "\"\n";
  job.text += "using Kernel = " + gpu::type_name(spec, kDevice) + ";\nusing Parameters = Kernel::Parameters;\n";
  job.text += "static_assert(sizeof(Kernel::Shared) <= " + std::to_string(kLdsBytes) + ");\n";
  job.text +=
      "extern \"C\" __attribute__((global, amdgpu_flat_work_group_size(Kernel::kThreads, Kernel::kThreads)))\n"
      "void flashrnn_kernel(const Parameters parameters) {\n  " +
      std::string(kDevice) + " device;\n  Kernel::run(device, parameters);\n}\n";
  return job;
}

class HipKernels : public testing::TestWithParam<Target> {};

TEST_P(HipKernels, CompileWithoutSpills) {
  const Target& target = GetParam();
  if (const std::string why = missing(target.compiler); !why.empty()) GTEST_SKIP() << why;
  std::vector<Job> jobs;
  for (const Listed& listed : kList) jobs.push_back(job_of(listed, target.wave_size));
  std::ifstream every(FLASHRNN_HIP_KERNELS "/every_function.hip");
  jobs.push_back({"every_function", {std::istreambuf_iterator<char>(every), std::istreambuf_iterator<char>()}});

  const std::vector<Outcome> outcomes = compile(target, jobs);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    SCOPED_TRACE(jobs[i].name);
    const Outcome& outcome = outcomes[i];
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(outcome.log, "");
    if (!outcome.error.empty()) continue;
    EXPECT_NE(outcome.object.target.find(target.isa), std::string::npos) << outcome.object.target;
    ASSERT_EQ(outcome.object.kernels.size(), 1U);
    const CodeObjectKernel& kernel = outcome.object.kernels[0];
    EXPECT_EQ(kernel.name, "flashrnn_kernel");
    EXPECT_EQ(kernel.wave_size, target.wave_size);
    EXPECT_EQ(kernel.vector_spills, 0);
    EXPECT_LE(kernel.scratch_bytes, kLittleScratch);
    EXPECT_GT(kernel.vector_registers, 0);
    EXPECT_EQ(kernel.static_shared, 0) << "shared memory is the launch's to give";
    RecordProperty(jobs[i].name, "vgprs " + std::to_string(kernel.vector_registers) + ", sgprs " +
                                     std::to_string(kernel.scalar_registers) + ", " + std::to_string(outcome.seconds) +
                                     " s");
  }
}

INSTANTIATE_TEST_SUITE_P(Chips, HipKernels,
                         testing::Values(Target{"gfx90a", 64, Compiler::kHiprtc},
                                         Target{"gfx942", 64, Compiler::kClang},
                                         Target{"gfx1100", 32, Compiler::kClang}),
                         [](const auto& info) { return std::string(info.param.isa); });

}  // namespace
}  // namespace flashrnn::hip::test
