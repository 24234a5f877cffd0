// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/simt_gpu_device.hpp"

#include <memory>

#include "backend_cpu/simt/backend/chosen_math.hpp"
#include "backend_cpu/simt/simt_device.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn::simt {
namespace {

/// Of the call that this thread makes.
thread_local std::unique_ptr<CallMemory> call_memory;

class SimtKernel final : public gpu::Kernel {
 public:
  SimtKernel(const KernelInstance& instance, MathFlavour flavour) : instance(instance), flavour(flavour) {}
  [[nodiscard]] gpu::KernelResources resources() const override { return {-1, -1, instance.shared_bytes}; }
  const KernelInstance& instance;
  MathFlavour flavour;
};

/// As gpu::type_name chooses it.
MathFlavour flavour_of(const gpu::KernelSpec& spec) {
  if (spec.math == FLASHRNN_MATH_LINEAR) return MathFlavour::kLinear;
  const bool fast = spec.math == FLASHRNN_MATH_FAST;
  if (spec.element == FLASHRNN_F32) return fast ? MathFlavour::kFast : MathFlavour::kExact;
  return fast ? MathFlavour::kCoarse : MathFlavour::kFast;
}

flashrnn_dtype dtype_of(plan::ElementType element) {
  return element == plan::ElementType::kBf16   ? FLASHRNN_BF16
         : element == plan::ElementType::kFp16 ? FLASHRNN_F16
                                               : FLASHRNN_F32;
}

gpu::KernelKind kind_of(plan::Pass pass, plan::Form form) {
  using gpu::KernelKind;
  if (form == plan::Form::kStepwise) {
    return pass == plan::Pass::kBackward ? KernelKind::kStepwiseBackward : KernelKind::kStepwiseForward;
  }
  return pass == plan::Pass::kBackward ? KernelKind::kFusedBackward : KernelKind::kFusedForward;
}

kernel::Exchange exchange_of(plan::Form form) {
  return form == plan::Form::kGrid      ? kernel::Exchange::kGrid
         : form == plan::Form::kCluster ? kernel::Exchange::kCluster
                                        : kernel::Exchange::kBlock;
}

/// Whether a fused kernel's tile has room for a head's units, and no block is without any.
bool covers(const KernelInstance& instance, const kernel::Instruction& matrix, const plan::Shape& shape) {
  const kernel::Tile& t = instance.spec.tile;
  const bool backward = instance.spec.kind == gpu::KernelKind::kFusedBackward;
  const std::int64_t unit_tile = backward ? matrix.gate_rows : kernel::unit_tile(matrix, shape.cell.recurrent_gates);
  const std::int64_t unit_tiles = kernel::ceil_div(shape.head_dim, unit_tile);
  if (t.group_blocks * t.block_unit_tiles < unit_tiles || (t.group_blocks - 1) * t.block_unit_tiles >= unit_tiles) {
    return false;
  }
  return backward || t.k_warps * t.warp_k_tiles * matrix.k >= shape.head_dim;
}

/// Zeros, by one warp.
template <int Lanes>
Status clear_words(CallMemory& memory, std::uint32_t* words, std::int64_t count) {
  using D = SimtDevice<Lanes>;
  const auto target = memory.map(words);
  LaunchConfig config;
  config.kernel = "clear";
  config.threads = Lanes;
  return simt::launch<D>(config, memory.memory(), [&](D& dev) {
    for (std::int64_t i = dev.thread(); i < count; i += Lanes) dev.store(target + i, 0U);
  });
}

hw::Device emulated_hardware(int lanes) {
  hw::Device device;
  device.name = "simt/" + std::to_string(lanes);
  device.vendor = "simt";
  device.description = "host emulation of a GPU with " + std::to_string(lanes) + " lanes a warp";
  device.isa = "simt" + std::to_string(lanes);
  device.match = hw::Match::kNone;
  // A few blocks: what a small test has work for.
  device.gpu.compute_units = 2;
  device.gpu.threads_per_warp = lanes;
  device.gpu.shared_bytes_per_block_max = std::int64_t{227} * 1024;
  return device;
}

}  // namespace

SimtGpuDevice::SimtGpuDevice(int lanes)
    : lanes_(lanes), name_("simt:" + std::to_string(lanes)), hardware_(emulated_hardware(lanes)) {}

std::optional<plan::GpuPlan> SimtGpuDevice::plan(const plan::Shape& shape, const plan::GpuOptions& options,
                                                 std::string* why_not) const {
  using plan::Form;
  for (const Form form : {Form::kBlock, Form::kCluster, Form::kGrid, Form::kStepwise}) {
    if (options.form && *options.form != form) continue;
    if (shape.pass == plan::Pass::kStep && form != Form::kStepwise) continue;
    for (const KernelInstance& instance : kernel_table()) {
      const gpu::KernelSpec& spec = instance.spec;
      if (instance.lanes != lanes_ || spec.kind != kind_of(shape.pass, form) || spec.cell != shape.cell.name ||
          spec.element != dtype_of(shape.element) || spec.exchange != exchange_of(form)) {
        continue;
      }
      const kernel::Instruction matrix = gpu::instruction_of(spec.matrix_tile, lanes_);
      if (form != Form::kStepwise && !covers(instance, matrix, shape)) continue;
      plan::GpuPlan plan;
      plan.pass = shape.pass;
      plan.form = form;
      plan.instruction = spec.matrix_tile == gpu::MatrixTileName::kFma      ? "fma"
                         : spec.matrix_tile == gpu::MatrixTileName::kMfma16 ? "v_mfma_f32_16x16x16"
                                                                            : "mma.m16n8k16";
      plan.matrix = matrix;
      plan.tile = spec.tile;
      plan.exchange = spec.exchange;
      plan.groups = kernel::ceil_div(shape.heads, spec.tile.block_heads) *
                    kernel::ceil_div(shape.batch, spec.tile.row_tiles * matrix.rows);
      plan.rounds = 1;
      plan.blocks = plan.groups * spec.tile.group_blocks;
      plan.cluster = form == Form::kCluster ? spec.tile.group_blocks : 1;
      plan.cooperative = form == Form::kGrid;
      plan.threads = instance.threads;
      plan.shared_bytes = instance.shared_bytes;
      return plan;
    }
  }
  if (why_not != nullptr) *why_not = "the emulation has no such kernel";
  return std::nullopt;
}

std::optional<kernel::Tile> SimtGpuDevice::built_tile(const gpu::KernelSpec& spec) const {
  for (const KernelInstance& instance : kernel_table()) {
    if (instance.lanes == lanes_ && instance.spec.kind == spec.kind && instance.spec.cell == spec.cell &&
        instance.spec.element == spec.element) {
      return instance.spec.tile;
    }
  }
  return std::nullopt;
}

Status SimtGpuDevice::load(const gpu::KernelSpec& spec, const gpu::LaunchShape& shape,
                           std::shared_ptr<const gpu::Kernel>* kernel) const {
  gpu::KernelSpec wanted = spec;
  wanted.flags = kernel::kRuntimeFlags;
  wanted.head_dim = 0;
  for (const KernelInstance& instance : kernel_table()) {
    wanted.math = instance.spec.math;
    if (instance.lanes != lanes_ || !(instance.spec == wanted)) continue;
    if (shape.threads != instance.threads) {
      return {FLASHRNN_INTERNAL_ERROR, message("the kernel '", to_string(spec), "' has ", instance.threads,
                                               " threads, and is planned with ", shape.threads)};
    }
    if (shape.shared_bytes != instance.shared_bytes) {
      return {FLASHRNN_INTERNAL_ERROR, message("the kernel '", to_string(spec), "' has ", instance.shared_bytes,
                                               " bytes of shared memory, and is planned with ", shape.shared_bytes)};
    }
    constexpr std::int64_t kMostThreads = std::int64_t{1} << 20;
    if (shape.blocks > kMostThreads / shape.threads) {
      return Status::unsupported(message("the emulation runs at most ", kMostThreads, " threads; ", shape.blocks,
                                         " blocks of ", shape.threads, " are more"));
    }
    *kernel = std::make_shared<SimtKernel>(instance, flavour_of(spec));
    return {};
  }
  return Status::unsupported("the emulation has no kernel '" + to_string(spec) + "'");
}

Status SimtGpuDevice::launch(const gpu::Kernel& kernel, const gpu::LaunchShape& shape, const void* parameters,
                             std::size_t bytes, void*) const {
  const auto& chosen = static_cast<const SimtKernel&>(kernel);
  LaunchConfig config;
  config.kernel = gpu::template_of(chosen.instance.spec.kind);
  config.blocks = static_cast<int>(shape.blocks);
  config.threads = shape.threads;
  config.cluster = shape.cluster;
  config.cooperative = shape.cooperative;
  config.shared_bytes = chosen.instance.shared_bytes;
  config.seed = launches_++;
  math_flavour = chosen.flavour;
  return chosen.instance.launch(config, *call_memory, parameters, bytes);
}

Status SimtGpuDevice::clear(void* target, std::size_t bytes, void*) const {
  auto* words = static_cast<std::uint32_t*>(target);
  const auto count = static_cast<std::int64_t>(bytes / sizeof(std::uint32_t));
  return lanes_ == 32 ? clear_words<32>(*call_memory, words, count) : clear_words<64>(*call_memory, words, count);
}

void SimtGpuDevice::begin_call(const Buffer* buffers, std::size_t count) const {
  call_memory = std::make_unique<CallMemory>(buffers, count);
}

void SimtGpuDevice::end_call() const { call_memory.reset(); }

}  // namespace flashrnn::simt
