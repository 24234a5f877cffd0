// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/kernel/flags.hpp"

/// What a plan needs to know of a problem. Letters as in the C API: B batch, T steps, N heads, D units of a head.
namespace flashrnn::plan {

enum class Pass : std::uint8_t { kForward, kBackward, kStep };
/// How elements are stored. Sums are fp32 always.
enum class ElementType : std::uint8_t { kFp32, kFp16, kBf16 };

struct CellCounts {
  std::string_view name;  ///< for messages
  std::int64_t input_gates = 0;
  std::int64_t recurrent_gates = 0;
  std::int64_t bias_gates = 0;
  std::int64_t states = 0;
  /// Of the recurrent gates, those whose product needs the other gates first (GRU, reset before): a second product and
  /// a second exchange in each step.
  std::int64_t second_stage_gates = 0;
  /// Exponentials, sigmoids and hyperbolic tangents for each unit and step, forward.
  std::int64_t special_functions = 0;
  /// Plain arithmetic instructions for each unit and step, forward, conversions included.
  std::int64_t instructions = 0;
  /// Values that forward keeps of each unit and step for backward, beside the states.
  std::int64_t saved = 0;
  /// Biases that some product of R is added to.
  std::int64_t recurrent_slots = 0;
  /// Whether backward reads the h that entered the step, pointwise.
  bool backward_reads_h = true;

  bool operator==(const CellCounts&) const = default;
};

struct Shape {
  CellCounts cell;
  std::int64_t batch = 1;
  std::int64_t steps = 1;
  std::int64_t heads = 1;
  std::int64_t head_dim = 1;
  ElementType element = ElementType::kBf16;
  Pass pass = Pass::kForward;
  /// Forward keeps what backward needs.
  bool training = false;
  /// fp32 products may be rounded to TF32.
  bool tf32 = true;
  /// What else the kernels are compiled for: bits of kernel::Flag, or kernel::kRuntimeFlags for all of them. `training`
  /// and the pass are added.
  std::uint32_t flags = kernel::kSequenceH;

  bool operator==(const Shape&) const = default;
};

[[nodiscard]] constexpr std::int64_t element_bytes(ElementType type) { return type == ElementType::kFp32 ? 4 : 2; }

/// "lstm", "gru", "gru_reset_before", "elman", "slstm"; name is empty for another.
[[nodiscard]] CellCounts builtin_cell(std::string_view name);

/// "--cell lstm --dtype bf16 -B 16 -T 1024 -N 12 -D 64 --pass forward"
[[nodiscard]] std::string to_string(const Shape& shape);
[[nodiscard]] std::string_view to_string(Pass pass);
[[nodiscard]] std::string_view to_string(ElementType type);

}  // namespace flashrnn::plan
