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

/// The cell's kernels for all instruction sets of this build; `index` is its place in the tables.
template <class C>
CpuCell builtin_cpu_cell(int index) {
  CpuCell cell = cpu::make_cpu_cell<C>();
#if defined(__x86_64__)
  cpu::set_kernels("baseline", cpu::kBaselineCells + index, &cell);
  cpu::set_kernels("avx2", cpu::kAvx2Cells + index, &cell);
  cpu::set_kernels("avx512", cpu::kAvx512Cells + index, &cell);
#else
  cpu::set_kernels("neon", cpu::kNeonCells + index, &cell);
#endif
  return cell;
}

template <class C, int Index>
const CellRegistration* builtin() {
  static const CpuCell kernels = builtin_cpu_cell<C>(Index);
  static const CellRegistration registration = cpu::make_registration<C>(&kernels);
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
