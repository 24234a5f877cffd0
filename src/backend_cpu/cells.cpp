// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simd/cpu_cell.hpp"
#include "backend_cpu/simd/isa_tables.hpp"
#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"
#include "common/cell/lstm.hpp"
#include "common/cell/slstm.hpp"
#include "common/runtime/builtin_cells.hpp"

namespace flashrnn {
namespace {

using cpu::CpuCell;
using cpu::Isa;

/// The cell's kernels for all instruction sets of this build; `index` is its place in the tables.
template <class C>
CpuCell builtin_cpu_cell(int index) {
  CpuCell cell = cpu::make_cpu_cell<C>();
  const auto set = [&](Isa isa, const cpu::CellKernels* table) { cell.kernels[static_cast<int>(isa)] = table + index; };
#if defined(__x86_64__)
  set(Isa::kBaseline, cpu::kBaselineCells);
  set(Isa::kAvx2, cpu::kAvx2Cells);
  set(Isa::kAvx512, cpu::kAvx512Cells);
  set(Isa::kAvx512Bf16, cpu::kAvx512Cells);
#else
  set(Isa::kNeon, cpu::kNeonCells);
#endif
  return cell;
}

template <class C, int Index>
const CellRegistration* builtin() {
  static const CpuCell kernels = builtin_cpu_cell<C>(Index);
  static const CellRegistration registration = {C::kName,   C::kInputGates, C::kRecurrentGates,
                                                C::kBiases, C::kStates,     &kernels};
  return &registration;
}

}  // namespace

const std::vector<const CellRegistration*>& builtin_cells() {
  static const std::vector<const CellRegistration*> cells = {
      builtin<cell::Lstm, 0>(),  builtin<cell::Gru, 1>(),       builtin<cell::GruResetBefore, 2>(),
      builtin<cell::Elman, 3>(), builtin<cell::ElmanRelu, 4>(), builtin<cell::Slstm, 5>()};
  return cells;
}

}  // namespace flashrnn
