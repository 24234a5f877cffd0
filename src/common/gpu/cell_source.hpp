// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "common/cell/cell.hpp"

/// What the host side of GPU backends knows of a cell: how to name it in a program that is compiled at run time, and
/// what decides buffers and launches.
namespace flashrnn::gpu {

inline constexpr int kMostGates = 8;

/// Static data of the translation unit that registers the cell (CellRegistration::gpu_source).
struct CellSource {
  const char* type;    ///< in C++: "flashrnn::cell::Lstm"
  const char* header;  ///< that declares it, among the library's embedded sources; null: `text` does
  const char* text;    ///< the whole header of a user's cell; null where `header` is not
  int saved;           ///< values that forward keeps for backward
  int first_stage_gates;
  int input_slot[kMostGates];
  int recurrent_slot[kMostGates];
  bool backward_reads_h;  ///< the h that entered the step, pointwise
};

template <cell::Cell C>
constexpr CellSource make_cell_source(const char* type, const char* header, const char* text) {
  using Kernel = cell::CellKernel<C>;
  CellSource source = {type, header, text, Kernel::kSaved, Kernel::first_stage_gates(), {}, {}, true};
  if constexpr (requires { C::kBackwardReadsH; }) source.backward_reads_h = C::kBackwardReadsH;
  for (int gate = 0; gate < C::kInputGates; ++gate) source.input_slot[gate] = C::input_slot(gate);
  for (int gate = 0; gate < C::kRecurrentGates; ++gate) source.recurrent_slot[gate] = C::recurrent_slot(gate);
  return source;
}

/// Slots that some recurrent gate is added to.
[[nodiscard]] int recurrent_slots(const CellSource& cell, int recurrent_gates);

/// Of a registered cell; null when it was not built for GPUs, or there is none of this name.
[[nodiscard]] const CellSource* cell_source(std::string_view cell);

}  // namespace flashrnn::gpu
