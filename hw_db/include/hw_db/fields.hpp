// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "hw_db/facts.hpp"

namespace flashrnn::hw {

/// Whose resolved figures must have the field.
enum class Need {
  kOptional,
  /// Every device.
  kDevice,
  /// Every device and every family: a limit that an unknown member of the family must keep to.
  kFamily,
};

/// One scalar figure: its name in the files, its place in the struct, and what is plausible.
template <typename Facts>
struct Field {
  std::string_view name;
  std::variant<Count Facts::*, Real Facts::*, Text Facts::*> member;
  double low = 0;
  double high = 0;
  Need need = Need::kOptional;
  /// A report that differs by less than this share of the file's value is no disagreement.
  double tolerance = 0;
  /// Each part of the family has its own value: a report that differs is no disagreement either.
  bool varies_by_part = false;
};

/// In the order of the structs; matrix_instructions, a list, is not among them.
[[nodiscard]] std::span<const Field<GpuFacts>> gpu_fields();
[[nodiscard]] std::span<const Field<CpuFacts>> cpu_fields();

/// None where the figure is absent.
template <typename Facts>
[[nodiscard]] std::optional<std::string> value_text(const Field<Facts>& field, const Facts& facts);
/// None where it is absent or not a number.
template <typename Facts>
[[nodiscard]] std::optional<double> value_number(const Field<Facts>& field, const Facts& facts);

/// The unit that the name of a field carries, "B", "MHz", "GB/s", "B/clock", "ns/KB" ...; empty for a count.
[[nodiscard]] std::string_view unit_of(std::string_view field);

}  // namespace flashrnn::hw
