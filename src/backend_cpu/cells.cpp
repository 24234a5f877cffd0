// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simd/cpu_cell.hpp"
#include "backend_cpu/simd/isa_tables.hpp"
#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"
#include "common/cell/lstm.hpp"
#include "common/cell/slstm.hpp"
#include "common/gpu/cell_source.hpp"
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
#if !defined(FLASHRNN_WITHOUT_AVX2)
  cpu::set_kernels("avx2", cpu::kAvx2Cells + index, &cell);
#endif
#if !defined(FLASHRNN_WITHOUT_AVX512)
  cpu::set_kernels("avx512", cpu::kAvx512Cells + index, &cell);
#endif
#else
  cpu::set_kernels("neon", cpu::kNeonCells + index, &cell);
#endif
  return cell;
}

/// `type` is C's name, `header` where it is declared: what GPU kernels are compiled from.
template <class C, int Index>
const CellRegistration* builtin(const char* type, const char* header) {
  static const CpuCell kernels = builtin_cpu_cell<C>(Index);
  static const gpu::CellSource source = gpu::make_cell_source<C>(type, header, nullptr);
  static const CellRegistration registration = cpu::make_registration<C>(&kernels, &source);
  return &registration;
}

}  // namespace

const std::vector<const CellRegistration*>& builtin_cells() {
  static const std::vector<const CellRegistration*> cells = {
      builtin<cell::Lstm, 0>("flashrnn::cell::Lstm", "common/cell/lstm.hpp"),
      builtin<cell::Gru, 1>("flashrnn::cell::Gru", "common/cell/gru.hpp"),
      builtin<cell::GruResetBefore, 2>("flashrnn::cell::GruResetBefore", "common/cell/gru.hpp"),
      builtin<cell::Elman, 3>("flashrnn::cell::Elman", "common/cell/elman.hpp"),
      builtin<cell::ElmanRelu, 4>("flashrnn::cell::ElmanRelu", "common/cell/elman.hpp"),
      builtin<cell::Slstm, 5>("flashrnn::cell::Slstm", "common/cell/slstm.hpp")};
  return cells;
}

}  // namespace flashrnn
