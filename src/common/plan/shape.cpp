// SPDX-License-Identifier: Apache-2.0
#include "common/plan/shape.hpp"

#include <array>

namespace flashrnn::plan {
namespace {

// Special functions as the fast flavour of the math vocabulary has them: sigmoid and tanh are one approximate tanh
// each. Instructions: for each gate a conversion, two sums and the scaling of its sigmoid; for each state a
// multiply-add, its operands' moves, a conversion.
constexpr std::array kCells = {
    CellCounts{"lstm", 4, 4, 4, 2, 0, 5, 28, 5, 4, false},
    CellCounts{"gru", 3, 3, 4, 1, 0, 3, 23, 4, 3},
    // The candidate's product takes r * h, which the other gates give.
    CellCounts{"gru_reset_before", 3, 3, 3, 1, 1, 3, 23, 3, 3},
    CellCounts{"elman", 1, 1, 1, 1, 0, 1, 9, 1, 1, false},
    CellCounts{"slstm", 4, 4, 4, 4, 0, 7, 46, 5, 4, false},
};

}  // namespace

CellCounts builtin_cell(std::string_view name) {
  for (const CellCounts& cell : kCells) {
    if (cell.name == name) return cell;
  }
  return {};
}

std::string_view to_string(Pass pass) {
  switch (pass) {
    case Pass::kForward:
      return "forward";
    case Pass::kBackward:
      return "backward";
    case Pass::kStep:
      return "step";
  }
  return "";
}

std::string_view to_string(ElementType type) {
  switch (type) {
    case ElementType::kFp32:
      return "fp32";
    case ElementType::kFp16:
      return "fp16";
    case ElementType::kBf16:
      return "bf16";
  }
  return "";
}

std::string to_string(const Shape& shape) {
  std::string text = "--cell " + std::string(shape.cell.name) + " --dtype " + std::string(to_string(shape.element));
  text += " -B " + std::to_string(shape.batch) + " -T " + std::to_string(shape.steps);
  text += " -N " + std::to_string(shape.heads) + " -D " + std::to_string(shape.head_dim);
  text += " --pass " + std::string(to_string(shape.pass));
  if (shape.pass == Pass::kForward && shape.training) text += ", training";
  if (shape.element == ElementType::kFp32) text += shape.tf32 ? ", tf32" : ", strict";
  return text;
}

}  // namespace flashrnn::plan
