// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/kernel/config.hpp"
#include "common/plan/report.hpp"
#include "common/plan/shape.hpp"
#include "hw_db/database.hpp"

/// Problem and device to a plan. A plan depends on these alone: the same ones give the same plan, always.
namespace flashrnn::plan {

/// Where the blocks that share a head hand h to each other; stepwise: a kernel for each step.
enum class Form : std::uint8_t { kBlock, kCluster, kGrid, kStepwise };

[[nodiscard]] std::string_view to_string(Form form);

/// How a kernel is instantiated and launched. A plain value: it prints, compares and hashes, and is part of the key of
/// a compiled kernel.
struct GpuPlan {
  Pass pass = Pass::kForward;
  Form form = Form::kStepwise;
  /// Name of the matrix instruction in the hardware database; "fma" for plain multiply-adds.
  std::string instruction;
  kernel::Instruction matrix;
  kernel::Tile tile;
  kernel::Exchange exchange = kernel::Exchange::kBlock;
  std::int64_t blocks = 0;        ///< of a launch: of the whole call, or stepwise of each step
  std::int64_t cluster = 1;       ///< blocks of a cluster; 1: none
  bool cooperative = false;       ///< all blocks have to be resident at once
  std::int64_t threads = 0;       ///< of a block
  std::int64_t shared_bytes = 0;  ///< of a block, dynamic: sizeof(Shared) of the kernel
  std::int64_t registers = 0;     ///< of a thread: an estimate from above
  /// Of tile.group_blocks blocks each, which share heads and rows of the batch; stepwise each block is one.
  std::int64_t groups = 0;
  /// Groups that do not fit on the device at once run one after the other, within one launch.
  std::int64_t rounds = 0;

  bool operator==(const GpuPlan&) const = default;
  /// One line: "forward block mma.m16n8k16.bf16.fp32 row_tiles=1 ...".
  [[nodiscard]] std::string to_string() const;
  /// The same on every machine and in every run.
  [[nodiscard]] std::uint64_t hash() const;
};

struct GpuOptions {
  /// Only this form.
  std::optional<Form> form;
  /// Only configurations with these values; names as in Candidate::choices.
  std::vector<Choice> choices;
};

/// The plan whose estimated time is the least. None, and why, only where the options leave nothing, or the device lacks
/// a figure that nothing can stand in for. Throws nothing but std::bad_alloc.
[[nodiscard]] std::optional<GpuPlan> plan_gpu(const Shape& shape, const hw::Device& device,
                                              const GpuOptions& options = {}, std::string* why_not = nullptr);

/// The same plan with all that was weighed. Where there is none, chosen.refusal says why.
[[nodiscard]] Report explain_gpu(const Shape& shape, const hw::Device& device, const GpuOptions& options = {});

/// Empty where the plan keeps every constraint and limit at this shape and device, evaluated without the search.
[[nodiscard]] std::string check_plan(const GpuPlan& plan, const Shape& shape, const hw::Device& device);

}  // namespace flashrnn::plan
