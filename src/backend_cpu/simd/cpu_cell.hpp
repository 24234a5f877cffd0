// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simd/kernel_args.hpp"
#include "common/cell/cell.hpp"
#include "common/runtime/cell_registry.hpp"

namespace flashrnn::cpu {

/// A cell's counts and maps for the engine; the kernels are filled in by the caller.
template <cell::Cell C>
CpuCell make_cpu_cell() {
  using Kernel = cell::CellKernel<C>;
  CpuCell cpu = {};
  cpu.saved = Kernel::kSaved;
  cpu.first_stage_gates = Kernel::first_stage_gates();
  for (int gate = 0; gate < C::kInputGates; ++gate) cpu.input_slot[gate] = C::input_slot(gate);
  for (int gate = 0; gate < C::kRecurrentGates; ++gate) cpu.recurrent_slot[gate] = C::recurrent_slot(gate);
  return cpu;
}

template <cell::Cell C>
CellRegistration make_registration(const CpuCell* cpu, const void* gpu_source) {
  return {C::kName, C::kInputGates, C::kRecurrentGates, C::kBiases, C::kStates, cpu, gpu_source};
}

/// Enters the kernels of a translation unit: "baseline", "neon", "avx2" or "avx512", which serves BF16's too.
inline void set_kernels(std::string_view isa, const CellKernels* kernels, CpuCell* cpu) {
  const auto set = [&](Isa i) { cpu->kernels[static_cast<int>(i)] = kernels; };
  if (isa == "baseline") set(Isa::kBaseline);
  if (isa == "neon") set(Isa::kNeon);
  if (isa == "avx2") set(Isa::kAvx2);
  if (isa == "avx512") set(Isa::kAvx512), set(Isa::kAvx512Bf16);
}

}  // namespace flashrnn::cpu
