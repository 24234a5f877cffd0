// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simd/kernel_args.hpp"
#include "common/cell/cell.hpp"

namespace flashrnn::cpu {

/// A cell's counts and maps for the engine; the kernels are filled in by the caller.
template <class C>
CpuCell make_cpu_cell() {
  using Kernel = cell::CellKernel<C>;
  CpuCell cpu = {};
  cpu.saved = Kernel::kSaved;
  cpu.first_stage_gates = Kernel::first_stage_gates();
  for (int gate = 0; gate < C::kInputGates; ++gate) cpu.input_slot[gate] = C::input_slot(gate);
  for (int gate = 0; gate < C::kRecurrentGates; ++gate) cpu.recurrent_slot[gate] = C::recurrent_slot(gate);
  return cpu;
}

}  // namespace flashrnn::cpu
